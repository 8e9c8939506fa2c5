"""The player of conversation scripts with the real bot: what it finds, and how it exits."""

import asyncio
import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bot.backends.keys import load_keys
from bot.backends.store.copies import forget_everyone
from bot.backends.store.database import DATABASE_FILE, open_database
from bot.backends.store.mail import DatabaseMail
from bot.backends.store.people import People
from bot.backends.store.secrets import note_key
from bot.backends.store.sharing import Alone
from bot.channels.scripts.playing import play
from bot.channels.scripts.processes import copy_data
from bot.channels.scripts.reading import read_scripts
from bot.channels.scripts.results import Result
from bot.channels.scripts.script import Case, cases
from bot.channels.scripts.stage import Stage
from bot.channels.telegram.incoming import envelope
from bot.core.messages import Asked
from bot.settings import settings_environment
from tests.conftest import ROOT
from tests.integration.knowledge_folders import write
from tests.integration.processes import akar

pytestmark = pytest.mark.timeout(300)

SOMEBODY = 700_000_003

RIGHT = """
conversation: sumber dan nilai
tags: [x]
as: {language: id}
turns:
  - command: /start
    bot: {says: Akar, buttons: [中文, "apa  itu akar?"]}
  - press: Apa itu AKAR?
    bot:
      outcome: answer
      language: id
      says: [AKSELERASI   karya rakyat]
      never: [Tokopedia]
      cites: program/akar#apa-itu-akar
      buttons: [Lihat sumber]
  - press: 👍
    bot: {buttons: 👍 ✓}
  - command: /language
  - press: English
    bot: {language: en}
  - user: thanks
    bot:
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "script.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def only_case(folder: Path, turns: str, *, head: str = "") -> Case:
    text = f"conversation: satu\n{head}turns:\n{turns}"
    scripts = read_scripts([written(folder, text)])
    assert scripts.mistakes == ()
    return next(cases(scripts.conversations[0]))


def missed(result: Result) -> tuple[str, list[tuple[str, str, int]]]:
    assert result.failure
    unmet = [(each.name, each.expected, each.line) for each in result.failure.unmet]
    return result.failure.kind, unmet


def converse(
    data: Path, *arguments: object, **settings: object
) -> subprocess.CompletedProcess[str]:
    chosen = {"knowledge": ROOT / "knowledge", "language": "en"} | settings
    return subprocess.run(
        [sys.executable, "-m", "bot", "converse", *map(str, arguments)],
        env=settings_environment(data=data, **chosen),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )


def names_in(folder: Path) -> list[Path]:
    """Return the names in a folder, without those that SQLite adds while a database is open.

    One that only reads may not delete them when it closes.
    """
    return sorted(
        path.relative_to(folder)
        for path in folder.rglob("*")
        if not path.name.endswith(("-shm", "-wal"))
    )


# With the real bot


def test_plays_what_is_as_written_in_a_fresh_chat_each_time(
    tmp_path: Path, akar_stage: Stage
) -> None:
    [conversation] = read_scripts([written(tmp_path, RIGHT)]).conversations
    [case] = cases(conversation)

    results = [play(case, akar_stage), play(case, akar_stage)]

    assert [result.failure for result in results] == [None, None]


@pytest.mark.parametrize(
    ("wrong", "name", "expected"),
    [
        ("outcome: abstain", "outcome", "abstain"),
        ("card: program/akar#bantuan", "card", "program/akar#bantuan"),
        ("says: [Akselerasi, pisang]", "says", "pisang"),
        ("never: [pisang, Akselerasi]", "never", "Akselerasi"),
        ("cites: [program/akar#bantuan]", "cites", "program/akar#bantuan"),
        ("language: zh", "language", "zh"),
        ("buttons: [Lihat]", "buttons", "Lihat"),
        ("recorded: gap", "recorded", "gap"),
        ("within_ms: 1", "within_ms", "1"),
    ],
)
def test_finds_a_wrong_expectation_of_the_real_bot(
    tmp_path: Path, akar_stage: Stage, wrong: str, name: str, expected: str
) -> None:
    turns = f"  - user: Apa itu AKAR?\n    bot:\n      {wrong}\n  - user: tidak sampai\n"

    result = play(only_case(tmp_path, turns), akar_stage)

    assert missed(result) == ("content", [(name, expected, 5)])
    assert [said.who for said in result.transcript] == ["person", "bot"]


def test_finds_a_button_that_is_not_there(tmp_path: Path, akar_stage: Stage) -> None:
    result = play(only_case(tmp_path, "  - command: /start\n  - press: Beli\n"), akar_stage)

    assert missed(result) == ("content", [("press", "Beli", 4)])


def test_finds_an_answer_where_nothing_may_come(tmp_path: Path, akar_stage: Stage) -> None:
    result = play(only_case(tmp_path, "  - user: halo\n    bot: silent\n"), akar_stage)

    assert missed(result) == ("content", [("silent", "silent", 4)])


def test_finds_nothing_where_something_must_come(tmp_path: Path, akar_stage: Stage) -> None:
    turns = "  - user: halo\n    bot: {outcome: smalltalk}\n  - hears: {says: halo}\n"

    result = play(only_case(tmp_path, turns), akar_stage, patience=1)

    assert missed(result) == ("content", [("silent", "", 5)])


def test_tells_the_answers_of_several_people_apart(tmp_path: Path, akar_stage: Stage) -> None:
    turns = (
        "  - user: makasih\n    as: ibu\n  - user: 谢谢\n    as: lin\n"
        "  - hears: {language: zh, never: Sama-sama}\n    as: lin\n"
        "  - hears: {language: id, says: 不客气}\n    as: ibu\n"
    )
    people = "people: {ibu: {language: id}, lin: {language: zh}}\n"

    result = play(only_case(tmp_path, turns, head=people), akar_stage)

    assert missed(result) == ("content", [("says", "不客气", 10)])
    assert {said.person for said in result.transcript} == {"ibu", "lin"}


def test_tells_a_bot_that_is_late_from_one_that_is_wrong(tmp_path: Path, akar_stage: Stage) -> None:
    case = only_case(tmp_path, "  - user: Apa itu AKAR?\n    bot: {says: pisang}\n")

    late = play(case, akar_stage, patience=0)
    wrong = play(case, akar_stage)

    assert missed(late) == ("system", [("silent", "", 3)])
    assert missed(wrong) == ("content", [("says", "pisang", 4)])


def test_tells_of_a_refused_message(tmp_path: Path, akar_stage: Stage) -> None:
    result = play(only_case(tmp_path, f"  - user: {'a' * 5000}\n"), akar_stage)

    assert missed(result) == ("system", [("refused", "", 3)])


def test_tells_of_what_telegram_refused(tmp_path: Path, akar_stage: Stage) -> None:
    case = only_case(tmp_path, "  - command: /help\n    bot: {language: id}\n")
    akar_stage.act("limits", chat=1)

    try:
        play(case, akar_stage)
        twice = only_case(
            tmp_path, "  - command: /help\n  - command: /help\n  - hears: {says: a}\n"
        )
        result = play(twice, akar_stage)
    finally:
        akar_stage.act("limits")

    assert result.failure
    assert (result.failure.kind, result.failure.unmet[0].name) == ("system", "refused")


# As a command


def test_plays_what_has_the_tag_and_tells_what_was_said_expected_and_came(
    tmp_path: Path, data: Path
) -> None:
    before = names_in(data)
    wrong = "conversation: salah\ntags: [x]\nturns:\n  - user: halo\n    bot:\n      says: Holo!\n"
    other = "conversation: lain\ntags: [y]\nturns: [{user: halo}]\n"
    path = written(tmp_path, f"{RIGHT}---\n{wrong}---\n{other}")
    line = path.read_text(encoding="utf-8").splitlines().index("      says: Holo!") + 1
    junit, html = tmp_path / "results.xml", tmp_path / "report.html"

    done = converse(data, path, "--tag", "x", "--junit", junit, "--html", html, "--update")

    assert done.returncode == 1
    assert f"{path.as_posix()}:{line}: expected says: Holo!" in done.stdout
    for part in ("FAILED", "salah (content)", "you: halo", "bot: Halo!", "came: Halo!", "1 of 2"):
        assert part in done.stdout
    assert "\x1b" not in done.stdout
    suite = ElementTree.parse(junit).getroot()[0]
    assert {name: suite.get(name) for name in ("tests", "failures", "errors")} == {
        "tests": "2",
        "failures": "1",
        "errors": "0",
    }
    page = html.read_text(encoding="utf-8")
    assert page.index("salah") < page.index("sumber dan nilai")
    assert "      says: Halo\n" in path.read_text(encoding="utf-8")
    assert names_in(data) == before
    with closing(sqlite3.connect(data / "akar.sqlite3")) as live:
        assert live.execute("SELECT count(*) FROM person").fetchone() == (0,)
        assert live.execute("SELECT count(*) FROM vote").fetchone() == (0,)


def test_exits_with_1_on_a_mistake_without_playing(tmp_path: Path) -> None:
    path = written(tmp_path, "conversation: a\nturns:\n  - pres: b")

    done = converse(tmp_path, path)

    assert done.returncode == 1
    assert done.stdout.startswith(
        f"{path.as_posix()}:3: mistake UNKNOWN_STEP: `pres` is not a step"
    )
    assert done.stdout.endswith("Did you mean `press`?\n")


def test_exits_with_2_when_nothing_has_the_tag(tmp_path: Path) -> None:
    done = converse(tmp_path, written(tmp_path, RIGHT), "--tag", "y")

    assert done.returncode == 2
    assert "There are: x." in " ".join(done.stderr.replace("│", "").split())


@pytest.mark.parametrize("arguments", [["nowhere.yaml"], ["."], []])
def test_exits_with_2_when_there_is_no_script(tmp_path: Path, arguments: list[str]) -> None:
    done = converse(tmp_path, *(tmp_path / name for name in arguments))

    assert done.returncode == 2
    assert done.stderr


def test_exits_with_1_when_the_knowledge_has_mistakes(tmp_path: Path) -> None:
    folder = tmp_path / "knowledge"
    folder.mkdir()
    (folder / "card.md").write_text("no front matter", encoding="utf-8")

    done = converse(tmp_path / "data", written(tmp_path, RIGHT), knowledge=folder)

    assert done.returncode == 1
    assert "card.md:1: mistake" in done.stderr


def test_the_first_time_it_makes_the_index_that_every_bot_copies(tmp_path: Path) -> None:
    data, knowledge = tmp_path / "data", write(tmp_path / "knowledge")
    path = written(tmp_path, "conversation: a\nturns:\n  - user: surat apa untuk kios\n")

    done = converse(data, path, knowledge=knowledge)

    assert (done.returncode, done.stderr) == (0, "")
    assert counts(data).items() >= {"live": 1, "version": 1}.items()


def test_exits_as_the_bot_does_that_cannot_start(tmp_path: Path) -> None:
    settings = {"embeddings": "nobody:nothing"}

    done = converse(tmp_path / "data", written(tmp_path, RIGHT), **settings)

    assert done.returncode == 2
    assert "AKAR_EMBEDDINGS=nobody:nothing" in done.stderr


def test_exits_with_3_when_there_is_no_chat_to_record(tmp_path: Path) -> None:
    done = converse(tmp_path, "--record", tmp_path / "a.yaml", telegram_url="http://127.0.0.1:1")

    assert done.returncode == 3
    assert "http://127.0.0.1:1" in done.stderr


# What the played bot knows


async def meet_somebody(data: Path) -> None:
    """Keep what somebody chose, thought and asked, under the key of the real bot."""
    cipher = load_keys(None, data=data, is_shared=False)
    async with open_database(data) as database:
        await note_key(database, cipher)
        people = People(database, cipher)
        await people.choose_language(SOMEBODY, "zh")
        await people.vote(SOMEBODY, chat=SOMEBODY, message=1, card="stalls#papers", vote="up")
        mail = DatabaseMail(database, cipher, claims=Alone(data), envelope=envelope)
        letter = envelope(json.dumps({"update_id": SOMEBODY, "message": {}}))
        await mail.receive([letter])
        await mail.record(letter, [], Asked(SOMEBODY, "surat", "id", "abstain"))


def counts(data: Path) -> dict[str, int]:
    """How many rows each table has that is not empty."""
    with closing(sqlite3.connect(data / DATABASE_FILE)) as database:
        names = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        found = {
            name: database.execute(f"SELECT count(*) FROM {name}").fetchone()[0]
            for (name,) in names
        }
    return {name: count for name, count in found.items() if count}


async def test_nothing_about_people_is_in_the_copy(tmp_path: Path) -> None:
    await meet_somebody(tmp_path / "data")
    with closing(sqlite3.connect(tmp_path / "data" / DATABASE_FILE)) as database, database:
        database.execute("INSERT INTO product_model VALUES ('families', x'00', 0)")
    copy_data(tmp_path / "data", tmp_path / "copy")

    forget_everyone(tmp_path / "copy")

    assert {"person", "vote", "inbox", "question", "secret"} <= counts(tmp_path / "data").keys()
    assert counts(tmp_path / "copy") == {"live": 1, "alembic_version": 1, "product_model": 1}
    assert not any(b"stalls#papers" in path.read_bytes() for path in (tmp_path / "copy").iterdir())


def test_the_copy_may_be_of_an_older_program(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / DATABASE_FILE)) as database:
        database.executescript(
            "CREATE TABLE person (id INTEGER, language TEXT); INSERT INTO person VALUES (1, 'id');"
            "CREATE TABLE version (id INTEGER); INSERT INTO version VALUES (1);"
        )

    forget_everyone(tmp_path)

    assert counts(tmp_path) == {"version": 1}


def test_plays_without_the_real_key_and_database(tmp_path: Path) -> None:
    data, knowledge = tmp_path / "data", write(tmp_path / "knowledge")
    assert akar("knowledge", "sync", cwd=tmp_path, data=data, knowledge=knowledge).returncode == 0
    asyncio.run(meet_somebody(data))
    before = counts(data)
    turns = "turns:\n  - user: surat apa untuk kios\n    bot: {cites: 'stalls#papers'}\n"
    path = written(tmp_path, f"conversation: a\n{turns}")

    done = converse(
        data,
        path,
        knowledge=knowledge,
        database_url="postgresql://akar@127.0.0.1:1/akar",
        key=f"{'x' * 43}=",
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert counts(data) == before
