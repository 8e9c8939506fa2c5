"""What publishing the folder as it is would change for people."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from bot.app.assembly import open_state
from bot.backends.store.mail import DatabaseMail
from bot.backends.store.sharing import Alone
from bot.channels.telegram.incoming import envelope
from bot.core.messages import Asked
from bot.settings import Settings
from tests.integration.knowledge_folders import STALLS, write
from tests.integration.processes import akar

pytestmark = pytest.mark.timeout(300)

Files = dict[str, str | bytes]

PINNED: Files = {
    "pinned.yaml": "surat apa untuk kios: stalls#papers\nberapa sewa kios: stalls#cost\n"
}
ASKED = ["kios butuh izin apa", "halo", "berapa sewa kios", "kios butuh izin apa"]


async def ask(data: Path) -> None:
    """Note what people have asked."""
    async with open_state(Settings(data=data)) as (database, cipher):
        mail = DatabaseMail(database, cipher, claims=Alone(data), envelope=envelope)
        for number, text in enumerate(ASKED, 1):
            message = {"message_id": number, "date": 1, "chat": {"id": 7, "type": "private"}}
            letter = envelope(json.dumps({"update_id": number, "message": message}))
            await mail.receive([letter])
            await mail.record(letter, [], Asked(7, text, "id", "answer"))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with published `data`, of which people have asked something."""
    folder = tmp_path_factory.mktemp("house")
    write(folder / "knowledge", PINNED)
    done = akar("knowledge", "sync", cwd=folder, knowledge="knowledge", data="data")
    assert done.returncode == 0, done.stderr
    asyncio.run(ask(folder / "data"))
    return folder


def preview(house: Path, files: Files, *arguments: str) -> Any:
    folder = write(house / "changed", PINNED | files)
    return akar(
        "knowledge", "preview", *arguments, cwd=house, knowledge=folder, data=house / "data"
    )


def test_a_folder_that_is_live_changes_nothing(house: Path) -> None:
    done = preview(house, {})

    assert (done.returncode, done.stdout, done.stderr) == (
        0,
        "0 of 4 questions would be answered otherwise.\n",
        "",
    )


def test_each_answer_that_would_change_is_shown_with_both(house: Path) -> None:
    done = preview(house, {"stalls.md": STALLS.replace("a photograph", "two photographs")})

    lines = done.stdout.splitlines()
    assert done.returncode == 0
    assert lines[0] == "pinned: surat apa untuk kios"
    assert lines[1].startswith("  now: answer stalls#papers Bring a permit and a photograph.")
    assert lines[2].startswith("  after publishing: answer stalls#papers Bring a permit and two")
    assert lines[3] == "asked by people: kios butuh izin apa"
    assert lines[-1] == "2 of 4 questions would be answered otherwise."


def test_a_broken_pin_is_named_and_fails(house: Path) -> None:
    done = preview(house, {"pinned.yaml": "berapa sewa kios: stalls#papers\n"})

    assert done.returncode == 1
    assert "pinned.yaml:1: mistake PINNED_BROKEN" in done.stdout


def test_a_folder_with_mistakes_cannot_be_previewed(house: Path) -> None:
    done = preview(house, {"stalls.md": STALLS.replace("KABAR", "KABER")})

    assert (done.returncode, done.stdout) == (1, "")
    assert "mistake UNKNOWN_SOURCE" in done.stderr


def test_the_page_shows_both_answers_and_runs_nothing_of_them(house: Path) -> None:
    page = house / "preview.html"

    preview(
        house,
        {"stalls.md": STALLS.replace("a photograph", "a <b onclick=x()> & 2 < 3 photographs")},
        *("--html", str(page)),
    )

    text = page.read_text(encoding="utf-8")
    assert text.count("<article") == 2
    assert "Bring a permit and a photograph." in text
    assert "&amp; 2 &lt; 3 photographs" in text
    assert "<b onclick" not in text


def test_a_page_that_cannot_be_written_is_named(house: Path) -> None:
    done = preview(house, {}, "--html", str(house / "nowhere" / "page.html"))

    assert (done.returncode, "page.html cannot be written" in done.stderr) == (3, True)


def test_nothing_is_live_before_the_first_publication(tmp_path: Path) -> None:
    write(tmp_path / "knowledge", PINNED)

    done = akar("knowledge", "preview", cwd=tmp_path, knowledge="knowledge", data="data")

    assert "  now: nothing\n" in done.stdout
    assert done.stdout.endswith("2 of 2 questions would be answered otherwise.\n")
    assert not (tmp_path / "data").exists()
