"""A running bot publishes what is saved in its folder, or says why not, and goes on answering."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.backends.knowledge.watching import FolderWatch
from tests.integration.knowledge_folders import FRONT, card, write
from tests.integration.processes import Bot, akar, bot_on, until
from tests.integration.simulators import running as simulator

pytestmark = pytest.mark.timeout(300)

QUESTION = "surat apa untuk kios"
STAFF = 700_000_900


def saying(text: str) -> dict[str, str]:
    return {"stalls.md": FRONT + card("papers", text, QUESTION)}


def look_twice(watch: FolderWatch) -> tuple[bool, bool]:
    return watch.has_changed(), watch.has_changed()


def test_a_folder_that_stays_has_not_changed(tmp_path: Path) -> None:
    watch = FolderWatch(write(tmp_path))

    assert look_twice(watch) == (False, False)


@pytest.mark.parametrize("files", [saying("x"), {"new/more.md": "x"}, {"pinned.yaml": ""}])
def test_a_saved_file_is_seen_once_it_stays_as_it_is(tmp_path: Path, files: dict[str, str]) -> None:
    watch = FolderWatch(write(tmp_path))

    write(tmp_path, files)

    assert look_twice(watch) == (False, True)
    assert look_twice(watch) == (False, False)


def test_a_file_that_is_still_written_is_waited_for(tmp_path: Path) -> None:
    watch = FolderWatch(write(tmp_path))

    for text in ("a", "ab", "abc"):
        write(tmp_path, saying(text))
        assert not watch.has_changed()

    assert watch.has_changed()


def test_a_removed_file_and_another_folder_in_its_place_are_seen(tmp_path: Path) -> None:
    folder = write(tmp_path / "knowledge")
    watch = FolderWatch(folder)
    (folder / "stalls.md").unlink()
    removed = look_twice(watch)
    folder.rename(tmp_path / "old")
    gone = look_twice(watch)
    write(folder)

    assert (removed, gone, look_twice(watch)) == ((False, True),) * 3


def test_rights_that_are_given_are_seen(tmp_path: Path) -> None:
    folder = write(tmp_path)
    watch = FolderWatch(folder)

    (folder / "stalls.md").chmod(0o600)

    assert look_twice(watch) == (False, True)


def test_a_drive_that_is_away_is_looked_at_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = FolderWatch(write(tmp_path))
    write(tmp_path, saying("x"))
    with monkeypatch.context() as away:
        away.setattr(Path, "rglob", lambda *_: (_ for _ in ()).throw(OSError(116, "Stale")))
        assert look_twice(watch) == (False, False)

    assert look_twice(watch) == (False, True)


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bot]:
    """A running bot with one card, which tests edit one after the other."""
    folder = tmp_path_factory.mktemp("watched")
    write(folder / "knowledge", saying("Bring a permit."))
    settings = {"knowledge": folder / "knowledge", "staff_chat": STAFF, "person_rate": 10000}
    akar("knowledge", "sync", cwd=folder, knowledge="knowledge", data="data")
    with (
        simulator(folder / "chats.sqlite3") as telegram,
        bot_on(telegram, folder / "data", **settings) as running,
    ):
        running.start()
        running.say("first", QUESTION)
        running.wait("first")
        yield running


def folder_of(bot: Bot) -> Path:
    return Path(str(bot.settings["knowledge"]))


def answer(bot: Bot, person: str) -> str:
    """Ask, and return the answer."""
    before = len(bot.texts(person))
    bot.say(person, QUESTION)
    return bot.wait(person, wanted=before + 1)[-1]


def until_it_says(bot: Bot, person: str, text: str) -> int:
    """Ask again and again until the answer has this text; return how often that was."""
    asked: list[str] = []

    def has_come() -> bool:
        asked.append(answer(bot, person))
        return text in asked[-1]

    until(has_come)
    return len(asked)


def test_a_saved_card_is_live_soon_and_no_question_is_missed(bot: Bot) -> None:
    write(folder_of(bot), saying("Bring a photograph."))

    asked = until_it_says(bot, "reader", "Bring a photograph.")

    bot.settle()
    assert len(bot.texts("reader")) == asked


def test_a_broken_file_is_named_to_the_operator_and_to_the_staff(bot: Bot) -> None:
    live = answer(bot, "careful")
    write(folder_of(bot), {"broken.md": "---\ntopic: [\n---\n"})

    until(lambda: "broken.md:2: mistake BAD_YAML" in bot.errors)
    until(lambda: "\n  folder  " in status_of(bot))
    while_broken = answer(bot, "careful")
    (folder_of(bot) / "broken.md").unlink()
    write(folder_of(bot), saying("Bring both."))
    until_it_says(bot, "careful", "Bring both.")

    assert while_broken == live
    until(lambda: "\n  folder  " not in status_of(bot))


def status_of(bot: Bot) -> str:
    return akar("status", cwd=bot.data.parent, knowledge=folder_of(bot), data=bot.data).stdout
