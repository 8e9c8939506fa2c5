"""A card's dates bite on the day they name: the folder, the search and the reply as they are."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest

from bot.backends.knowledge.decision import Decision
from bot.backends.knowledge.folder import check_folder
from bot.backends.knowledge.search import CardSearch
from bot.backends.knowledge.served import Served
from bot.backends.prompts import read_phrases
from bot.core.conversation import Conversation
from bot.core.messages import Question, Sender
from tests.conftest import ROOT
from tests.fakes import MemoryStore
from tests.integration.knowledge_folders import write

DATED = """\
---
topic: stalls
sources: [KABAR]
as_of: 2029-08-28
---
## Sewa kios {#sewa}
Ditanyakan: berapa sewa kios bulanan | sewa kios berapa
review_by: 2030-06-14

Sewa kios sebulan **sepuluh keping**.

## Diskon pembukaan {#diskon}
Ditanyakan: diskon pembukaan pasar | ada diskon pembukaan ga
valid_until: 2030-06-14

Diskon pembukaan **dua keping**.

## Pendaftaran pasar malam {#malam}
Ditanyakan: daftar pasar malam kapan terakhir | pendaftaran pasar malam
deadline: 2030-06-14

Pendaftaran pasar malam sampai 14 Juni 2030.
"""
LAST_DAY, NEXT_DAY = date(2030, 6, 14), date(2030, 6, 15)


@pytest.fixture
def search(tmp_path: Path) -> Iterator[CardSearch]:
    checked = check_folder(write(tmp_path, {"dated.md": DATED}), today=LAST_DAY)
    assert checked.findings == ()
    with ThreadPoolExecutor(1) as executor:
        found = CardSearch(Decision.read(), executor)
        found.serve(Served.of(checked.content))
        yield found


async def reply(search: CardSearch, text: str, today: date) -> str:
    talk = Conversation(
        search,
        MemoryStore(),
        guess=lambda text: "id",
        phrases=read_phrases(ROOT / "prompts"),
        min_confidence=Decision.read().min_confidence,
        today=lambda: today,
        askers=lambda person: "fine",
        keep_days=30,
    )
    (said,) = (await talk.ask(Question(1, Sender(1, 1), text))).replies
    return said.body


async def test_past_its_review_a_card_answers_and_says_how_old_it_is(search: CardSearch) -> None:
    before = await reply(search, "sewa kios berapa", LAST_DAY)
    after = await reply(search, "sewa kios berapa", NEXT_DAY)

    assert before == "Sewa kios sebulan **sepuluh keping**."
    assert after.startswith(before)
    assert "per 28 Agustus 2029" in after.removeprefix(before)


async def test_past_its_end_a_card_no_longer_answers(search: CardSearch) -> None:
    before = await reply(search, "ada diskon pembukaan ga", LAST_DAY)
    after = await reply(search, "ada diskon pembukaan ga", NEXT_DAY)

    assert before == "Diskon pembukaan **dua keping**."
    assert "dua keping" not in after


async def test_past_a_deadline_the_reply_says_that_the_day_has_passed(search: CardSearch) -> None:
    before = await reply(search, "pendaftaran pasar malam", LAST_DAY)
    after = await reply(search, "pendaftaran pasar malam", NEXT_DAY)

    assert before == "Pendaftaran pasar malam sampai 14 Juni 2030."
    assert after == f"{before}\n\n⏰ Tanggal 14 Juni 2030 sudah lewat."
