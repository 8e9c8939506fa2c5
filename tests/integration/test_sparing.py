"""What the words alone are sure of is not looked for by meaning, which takes most of the time."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.backends.knowledge.cards import Card
from bot.backends.knowledge.content import Content
from bot.backends.knowledge.decision import Decision
from bot.backends.knowledge.search import CardSearch
from bot.backends.knowledge.served import Served
from tests.integration.test_ranking import BARE, CARDS

SAID = CARDS[0].asked[0]
VAGUE = "kios gimana"


class Heard:
    """Notes the questions that are compared by meaning."""

    def __init__(self) -> None:
        self.questions: list[str] = []

    def similarities(self, question: str) -> Mapping[str, float]:
        self.questions.append(question)
        return {"a#papers": 0.9, "a#cost": 0.2}


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def search() -> Iterator[CardSearch]:
    with ThreadPoolExecutor(1) as executor:
        yield CardSearch(Decision.read(), executor)


async def evidence(search: CardSearch, heard: Heard, text: str, *cards: Card) -> dict[str, float]:
    search.serve(Served.of(Content(cards or CARDS), heard))
    found = await search.search(text, language="id", limit=5)
    return dict(found[0].evidence)


async def test_what_the_words_are_sure_of_is_answered_by_them(
    search: CardSearch, heard: Heard
) -> None:
    told = await evidence(search, heard, SAID)

    assert told["said"]
    assert "similarity" not in told
    assert heard.questions == []


async def test_what_they_are_not_sure_of_is_looked_for_by_meaning(
    search: CardSearch, heard: Heard
) -> None:
    told = await evidence(search, heard, VAGUE)

    assert "similarity" in told
    assert heard.questions == [VAGUE]


async def test_who_wants_all_evidence_gets_it(search: CardSearch, heard: Heard) -> None:
    search.is_thorough = True

    assert "similarity" in await evidence(search, heard, SAID)


async def test_the_words_are_never_enough_where_no_card_has_lines(
    search: CardSearch, heard: Heard
) -> None:
    told = await evidence(search, heard, BARE[0].title, *BARE)

    assert "similarity" in told


async def test_an_empty_question_is_looked_for_by_meaning(search: CardSearch, heard: Heard) -> None:
    await evidence(search, heard, "xyzzy")

    assert heard.questions
