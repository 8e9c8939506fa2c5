"""The player of conversation scripts: what it refuses, what it finds, and how it exits."""

import asyncio
import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from bot.backends.keys import load_keys
from bot.backends.store.copies import forget_everyone
from bot.backends.store.database import DATABASE_FILE, open_database
from bot.backends.store.mail import DatabaseMail
from bot.backends.store.people import People
from bot.backends.store.secrets import note_key
from bot.backends.store.sharing import Alone
from bot.channels.scripts.playing import Result, play
from bot.channels.scripts.processes import copy_data
from bot.channels.scripts.reading import read_scripts
from bot.channels.scripts.script import Case, cases
from bot.channels.scripts.stage import Stage, open_stage
from bot.channels.telegram.incoming import envelope
from bot.core.messages import Asked
from bot.core.ports import ChannelError
from bot.settings import settings_environment
from tests.integration.knowledge_folders import write
from tests.integration.processes import akar

ROOT = Path(__file__).parent.parent.parent

pytestmark = pytest.mark.timeout(300)

SOMEBODY = 700_000_003

RIGHT = """
conversation: sumber dan nilai
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

MISTAKES = [
    ("conversaton: a\nturns: [{user: a}]", (1, "UNKNOWN_KEY", "conversation")),
    ("conversation: a\nas: {lang: id}\nturns: [{user: a}]", (2, "UNKNOWN_KEY", "language")),
    ("conversation: a\nas: {language: ind}\nturns: [{user: a}]", (2, "UNKNOWN_VALUE", "id")),
    ("conversation: a\nturns:\n  - edit: b", (3, "UNKNOWN_STEP", "")),
    ("conversation: a\nturns:\n  - pres: b", (3, "UNKNOWN_STEP", "press")),
    ("conversation: a\nturns:\n  - user: b\n    press: c", (3, "NOT_ONE_STEP", "")),
    ("conversation: a\nturns:\n  - bot: {says: a}", (3, "NOT_ONE_STEP", "")),
    ("conversation: a\nturns:\n  - user: []", (3, "BAD_VALUE", "")),
    ("conversation: a\nturns:\n  - user: {id: a}", (3, "BAD_VALUE", "")),
    ("conversation: a\nturns:\n  - user: b\n  - user: c\n    user: d", (5, "DUPLICATE_KEY", "")),
    (
        "conversation: a\nturns:\n  - user: b\n    bot:\n      says: c\n      button: d",
        (6, "UNKNOWN_EXPECTATION", "buttons"),
    ),
    (
        "conversation: a\nturns:\n  - user: b\n    bot: {max_chars: 9}",
        (4, "UNKNOWN_EXPECTATION", ""),
    ),
    (
        "conversation: a\nturns:\n  - user: b\n    bot: {outcome: answers}",
        (4, "UNKNOWN_VALUE", "answer"),
    ),
    ("conversation: a\nturns:\n  - user: b\n    bot: silent", (4, "BAD_YAML", "")),
    ("conversation: a\nturns: []", (2, "BAD_VALUE", "")),
    ("conversation: a", (1, "MISSING_KEY", "")),
    ("- a", (1, "BAD_YAML", "")),
    ("conversation: a\nturns: [a", (2, "BAD_YAML", "")),
    (
        "conversation: a\nturns: [{user: a}]\n---\nconversation: b\nturn: c",
        (5, "UNKNOWN_KEY", "turns"),
    ),
]


@pytest.fixture(scope="module")
def stage(prepared_data: Path) -> Iterator[Stage]:
    environment = partial(
        settings_environment, knowledge=ROOT / "knowledge", prompts=ROOT / "prompts"
    )
    with open_stage(environment, prepared=prepared_data) as opened:
        yield opened


def written(folder: Path, text: str) -> Path:
    path = folder / "script.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def only_case(folder: Path, turns: str) -> Case:
    text = f"conversation: satu\nturns:\n{turns}"
    conversations = read_scripts([written(folder, text)]).conversations
    return next(cases(conversations[0]))


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
        timeout=100,
    )


@pytest.mark.parametrize(("text", "mistake"), MISTAKES)
def test_names_a_mistake_with_its_line_and_what_is_near(
    tmp_path: Path, text: str, mistake: tuple[int, str, str]
) -> None:
    found = read_scripts([written(tmp_path, text)])

    assert mistake in [
        (each.line, each.code, each.values.get("near", "")) for each in found.mistakes
    ]


def test_finds_every_mistake_of_a_script_at_once(tmp_path: Path) -> None:
    text = "conversation: a\ntag: b\nturns:\n  - usr: a\n  - user: b\n    bot: {say: c}"

    found = read_scripts([written(tmp_path, text)])

    assert [(each.line, each.code) for each in found.mistakes] == [
        (2, "UNKNOWN_KEY"),
        (4, "UNKNOWN_STEP"),
        (6, "UNKNOWN_EXPECTATION"),
    ]


def test_makes_a_case_of_each_form_with_the_other_lists_at_their_first(tmp_path: Path) -> None:
    text = "conversation: a\nturns:\n  - user: [a, b]\n  - press: c\n  - user: [d, e, f]"
    [conversation] = read_scripts([written(tmp_path, text)]).conversations

    forms = ["".join(step.forms[0] for step in case.steps) for case in cases(conversation)]

    assert forms == ["acd", "bcd", "ace", "acf"]


def test_reads_the_scripts_of_a_folder_and_the_documents_of_a_script(tmp_path: Path) -> None:
    text = "conversation: a\nturns: [{user: a}]\n---\nconversation: b\nturns: [{user: b}]\n---\n"
    written(tmp_path, text)
    (tmp_path / "notes.txt").write_text("conversation: c", encoding="utf-8")

    found = read_scripts([tmp_path, tmp_path / "script.yaml"])

    assert [each.name for each in found.conversations] == ["a", "b"]


def test_refuses_what_is_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "script.yaml"
    path.write_bytes(b"conversation: \xff")

    assert [each.code for each in read_scripts([path]).mistakes] == ["NOT_UTF8"]


def test_refuses_a_folder_without_scripts(tmp_path: Path) -> None:
    with pytest.raises(ChannelError, match="scripts_none"):
        read_scripts([tmp_path])


def test_plays_what_is_as_written_in_a_fresh_chat_each_time(tmp_path: Path, stage: Stage) -> None:
    [conversation] = read_scripts([written(tmp_path, RIGHT)]).conversations
    [case] = cases(conversation)

    results = [play(case, stage), play(case, stage)]

    assert [result.failure for result in results] == [None, None]


@pytest.mark.parametrize(
    ("wrong", "name", "expected"),
    [
        ("outcome: abstain", "outcome", "abstain"),
        ("says: [Akselerasi, pisang]", "says", "pisang"),
        ("never: [pisang, Akselerasi]", "never", "Akselerasi"),
        ("cites: [program/akar#bantuan]", "cites", "program/akar#bantuan"),
        ("language: zh", "language", "zh"),
        ("buttons: [Lihat]", "buttons", "Lihat"),
    ],
)
def test_finds_a_wrong_expectation_of_every_kind(
    tmp_path: Path, stage: Stage, wrong: str, name: str, expected: str
) -> None:
    turns = f"  - user: Apa itu AKAR?\n    bot:\n      {wrong}\n  - user: tidak sampai\n"

    result = play(only_case(tmp_path, turns), stage)

    assert missed(result) == ("content", [(name, expected, 5)])
    assert [said.who for said in result.transcript] == ["person", "bot"]


def test_finds_a_button_that_is_not_there(tmp_path: Path, stage: Stage) -> None:
    result = play(only_case(tmp_path, "  - command: /start\n  - press: Beli\n"), stage)

    assert missed(result) == ("content", [("press", "Beli", 4)])


def test_tells_a_bot_that_is_late_from_one_that_is_wrong(tmp_path: Path, stage: Stage) -> None:
    case = only_case(tmp_path, "  - user: Apa itu AKAR?\n    bot: {says: pisang}\n")

    late = play(case, stage, patience=0)
    wrong = play(case, stage)

    assert missed(late) == ("system", [("silent", "", 3)])
    assert missed(wrong) == ("content", [("says", "pisang", 4)])


def test_tells_of_a_refused_message(tmp_path: Path, stage: Stage) -> None:
    result = play(only_case(tmp_path, f"  - user: {'a' * 5000}\n"), stage)

    assert missed(result) == ("system", [("refused", "", 3)])


def test_tells_of_what_telegram_refused(tmp_path: Path, stage: Stage) -> None:
    stage.act("fault", telegram="429", times=1, retry_after=1)

    result = play(only_case(tmp_path, "  - command: /help\n"), stage)

    assert missed(result) == ("system", [("refused", "", 3)])


def test_exits_with_0_and_leaves_nothing_of_the_played_people(tmp_path: Path, data: Path) -> None:
    before = sorted(path.relative_to(data) for path in data.rglob("*"))

    done = converse(data, written(tmp_path, RIGHT))

    assert (done.returncode, done.stderr) == (0, "")
    assert "1 of 1" in done.stdout
    assert sorted(path.relative_to(data) for path in data.rglob("*")) == before
    with closing(sqlite3.connect(data / "akar.sqlite3")) as live:
        assert live.execute("SELECT count(*) FROM person").fetchone() == (0,)
        assert live.execute("SELECT count(*) FROM vote").fetchone() == (0,)


def test_exits_with_1_and_shows_what_was_said_expected_and_came(tmp_path: Path, data: Path) -> None:
    turns = "turns:\n  - user: halo\n    bot:\n      says: pisang\n"
    path = written(tmp_path, f"{RIGHT}---\nconversation: salah\n{turns}")

    done = converse(data, path)

    assert done.returncode == 1
    line = path.read_text(encoding="utf-8").splitlines().index("      says: pisang") + 1
    assert f"{path.as_posix()}:{line}: expected says: pisang" in done.stdout
    for part in ("FAILED", "salah (content)", "you: halo", "bot: Halo!", "came: Halo!", "1 of 2"):
        assert part in done.stdout
    assert "\x1b" not in done.stdout


def test_exits_with_1_on_a_mistake_without_playing(tmp_path: Path) -> None:
    path = written(tmp_path, "conversation: a\nturns:\n  - pres: b")

    done = converse(tmp_path, path)

    assert done.returncode == 1
    assert done.stdout.startswith(
        f"{path.as_posix()}:3: mistake UNKNOWN_STEP: `pres` is not a step"
    )
    assert done.stdout.endswith("Did you mean `press`?\n")


def test_plays_only_what_has_the_tag(tmp_path: Path, data: Path) -> None:
    text = "conversation: a\ntags: [x]\nturns: [{user: halo}]\n---\n" + RIGHT

    unknown = converse(data, written(tmp_path, text), "--tag", "y")
    played = converse(data, tmp_path / "script.yaml", "--tag", "x")

    assert unknown.returncode == 2
    assert "There are: x." in " ".join(unknown.stderr.replace("│", "").split())
    assert (played.returncode, "1 of 1" in played.stdout) == (0, True)


def test_exits_with_2_when_a_path_is_missing(tmp_path: Path) -> None:
    done = converse(tmp_path, tmp_path / "nowhere.yaml")

    assert done.returncode == 2
    assert "nowhere.yaml" in done.stderr


def test_exits_with_2_when_there_is_no_script(tmp_path: Path) -> None:
    assert converse(tmp_path, tmp_path).returncode == 2


def test_exits_with_1_when_the_knowledge_has_mistakes(tmp_path: Path, data: Path) -> None:
    folder = tmp_path / "knowledge"
    folder.mkdir()
    (folder / "card.md").write_text("no front matter", encoding="utf-8")

    done = converse(data, written(tmp_path, RIGHT), knowledge=folder)

    assert done.returncode == 1
    assert "card.md:1: mistake" in done.stderr


def test_exits_as_the_bot_does_that_cannot_start(tmp_path: Path) -> None:
    settings = {"embeddings": "nobody:nothing"}

    done = converse(tmp_path / "data", written(tmp_path, RIGHT), **settings)

    assert done.returncode == 3
    assert "AKAR_EMBEDDINGS=nobody:nothing" in done.stderr


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
    copy_data(tmp_path / "data", tmp_path / "copy")

    forget_everyone(tmp_path / "copy")

    assert {"person", "vote", "inbox", "question", "secret"} <= counts(tmp_path / "data").keys()
    assert counts(tmp_path / "copy") == {"live": 1, "alembic_version": 1}
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
