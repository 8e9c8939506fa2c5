"""What operators do beside the bot: look at it, try again what failed, give and delete data."""

import asyncio
import contextlib
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from typer.testing import CliRunner

from bot.backends.keys import Cipher, load_keys
from bot.backends.store.database import DATABASE_FILE, Database, open_database
from bot.backends.store.mail import DatabaseMail
from bot.backends.store.people import People
from bot.backends.store.sharing import Alone
from bot.backends.store.troubles import Troubles
from bot.channels.telegram.incoming import envelope
from bot.cli import app
from bot.core.messages import Asked
from tests.conftest import ROOT
from tests.integration.knowledge_folders import write
from tests.integration.processes import SMALL_TALK, Bot, akar, bot_on, environment, until
from tests.integration.simulators import running as simulator

pytestmark = pytest.mark.timeout(300)

Json = dict[str, Any]

IBU = 700_000_001
SOMEBODY = 700_000_002
SECRET = "nomor rekening saya 0123456789"
QUESTION = "surat apa untuk kios — 你好"
REASON = f"call_rejected: reason=https://x/bot123456:{'A' * 35}/sendMessage"
SHOWN = "call_rejected: reason=https://x/bot123456:…/sendMessage"
CAME_IN = 2_000_000_000.0
NOTHING_KEPT: Json = {
    "language": None,
    "votes": [],
    "questions": [],
    "wishes": [],
    "messages": [],
    "seller": None,
    "places": [],
    "quizzes": [],
    "announcements": False,
    "tickets": [],
    "reminder": None,
}


def update(number: int, *, person: int = IBU, date: object = 1, text: str = SECRET) -> Json:
    """A private message; with a date that is no number, it cannot be read."""
    return {
        "update_id": number,
        "message": {
            "message_id": number,
            "date": date,
            "chat": {"id": person, "type": "private", "first_name": "Ibu"},
            "from": {"id": person, "is_bot": False, "first_name": "Ibu", "language_code": "id"},
            "text": text,
        },
    }


async def fill(database: Database, cipher: Cipher, folder: Path) -> None:
    """Two updates wait, one has failed, something fails for now; one person is known."""
    mail = DatabaseMail(
        database, cipher, claims=Alone(folder), envelope=envelope, clock=lambda: CAME_IN
    )
    letters = [envelope(json.dumps(update(number))) for number in (1, 2, 3)]
    await mail.receive(letters)
    await mail.fail(letters[2], REASON, is_final=True)
    await mail.record(letters[0], [], Asked(IBU, SECRET, "id", "answer", "stalls#papers", 0.9))
    await Troubles(database, clock=lambda: CAME_IN).note(["words_only"])
    people = People(database, cipher, clock=lambda: CAME_IN)
    await people.choose_language(IBU, "id")
    await people.vote(IBU, chat=IBU, message=9, card="stalls#papers", vote="up")


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """A data folder of a bot that ran, and stopped with something left to do."""
    folder = tmp_path / "data"

    async def work() -> None:
        cipher = load_keys(None, data=folder, is_shared=False)
        async with open_database(folder) as database:
            await fill(database, cipher, folder)

    asyncio.run(work())
    return folder


def run(*arguments: str, data: Path, **settings: Any) -> "subprocess.CompletedProcess[str]":
    """Run a command in a pipe."""
    return akar(*arguments, cwd=data.parent, stdin="", data=data, **settings)


def looked(data: Path, **settings: Any) -> Json:
    found: Json = json.loads(run("status", "--json", data=data, **settings).stdout)
    return found


def exported(person: int, *, data: Path, **settings: Any) -> Json:
    found: Json = json.loads(run("export", str(person), data=data, **settings).stdout)
    return found


def on_terminal(*arguments: str, data: Path, answer: str = "") -> tuple[int, str]:
    """Run a command on a terminal and type an answer; return how it ended and what was shown."""
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", *arguments],
        cwd=data.parent,
        env=environment(data=data) | {"PYTHONPATH": str(ROOT), "TERM": "xterm"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    os.write(ours, answer.encode())
    shown = b""
    with contextlib.suppress(OSError):  # Linux's way to say that the other side has hung up.
        while part := os.read(ours, 65536):
            shown += part
    os.close(ours)
    return process.wait(60), shown.decode()


@dataclass
class Beside:
    """A running bot with two cards, and the settings of whoever looks at it from beside."""

    bot: Bot
    settings: Json

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return run(*arguments, data=self.bot.data, **self.settings)

    def looked(self) -> Json:
        return looked(self.bot.data, **self.settings)

    def exported(self, person: int) -> Json:
        return exported(person, data=self.bot.data, **self.settings)

    def failed(self) -> list[int]:
        return [each["update"] for each in self.looked()["failed"]]

    def somebody(self, name: str) -> int:
        """Somebody who has asked something, and was answered."""
        person = self.bot.simulator.control("people", name=name, key=name, language="id")
        self.bot.say(name, QUESTION)
        self.bot.wait(name)
        return int(person["chat_id"])

    def poison(self, person: int) -> int:
        """Let an update come in that cannot be read, and wait until the bot gave up on it."""
        bad = update(0, person=person, date="yesterday")
        number = int(self.bot.simulator.control("update", **bad)["update_id"])
        until(lambda: f"update {number}: update_unreadable" in self.bot.errors)
        until(lambda: number in self.failed())
        return number


@contextlib.contextmanager
def running(folder: Path, **settings: Any) -> Iterator[Beside]:
    """Run a bot."""
    settings["knowledge"] = write(folder / "knowledge")
    with (
        simulator(folder / "chats.sqlite3") as telegram,
        bot_on(telegram, folder / "data", **settings) as bot,
    ):
        bot.planted.append(SECRET)
        bot.start()
        yield Beside(bot, settings)


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Beside]:
    with running(tmp_path_factory.mktemp("bot")) as found:
        found.somebody("first")
        until(lambda: "index whole" in found.run("status").stdout)
        yield found


# status


def test_a_folder_where_nothing_is_yet_is_told_and_left_alone(tmp_path: Path) -> None:
    said = run("status", data=tmp_path / "data")
    found = looked(tmp_path / "data")

    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout.startswith(f"No bot has run with {tmp_path / 'data'} yet.\nNothing is live")
    assert found == {
        "live": None,
        "waiting": {"count": 0, "oldest_seconds": None},
        "failed": [],
        "failing": [],
        "processes": None,
    }
    assert list(tmp_path.iterdir()) == []


def test_says_what_waits_what_failed_and_why(filled: Path) -> None:
    said = run("status", data=filled)

    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout.splitlines()[1:] == [
        "2 messages wait to be answered, the oldest for 0:00:00 (hours:minutes:seconds).",
        "1 messages could not be answered. `akar replay` tries them once more:",
        f"  3  2033-05-18T03:33:20+00:00  {SHOWN}",
        "Failing for now:",
        "  words_only  2033-05-18T03:33:20+00:00",
    ]


def test_gives_the_same_to_programs(filled: Path) -> None:
    found = looked(filled)

    at = "2033-05-18T03:33:20+00:00"
    assert found["waiting"] == {"count": 2, "oldest_seconds": 0.0}
    assert found["failed"] == [{"update": 3, "at": at, "reason": SHOWN}]
    assert found["failing"] == [{"code": "words_only", "since": at}]


def test_shows_tables_on_a_terminal(filled: Path) -> None:
    code, shown = on_terminal("status", data=filled)

    rows = [line for line in shown.splitlines() if "│" in line]
    assert code == 0
    assert [SHOWN in row for row in rows].count(True) == 1
    assert "┃" in shown


def test_shows_nobodys_text(filled: Path) -> None:
    said = run("status", data=filled).stdout + run("status", "--json", data=filled).stdout

    assert "rekening" not in said
    assert str(IBU) not in said


def test_says_what_is_live_as_the_knowledge_status_does(beside: Beside) -> None:
    said = beside.run("status")
    live = beside.run("knowledge", "status")
    *of_both, _what_is_due = live.stdout.splitlines(keepends=True)

    assert said.stdout.startswith("".join(of_both))
    assert live.stdout.startswith("Live: version 1 of ")
    assert "+00:00" not in live.stdout


def test_goes_on_without_the_knowledge_folder(beside: Beside, tmp_path: Path) -> None:
    said = run("status", data=beside.bot.data, knowledge=tmp_path / "gone")

    assert (said.returncode, said.stdout.startswith("Live: version 1 of ")) == (0, True)
    assert "There is no knowledge folder at" in said.stderr


def test_speaks_indonesian(filled: Path) -> None:
    said = run("status", data=filled, language="id")

    assert "2 pesan menunggu dijawab" in said.stdout


# replay


def test_says_when_nothing_has_failed(tmp_path: Path) -> None:
    async def make() -> None:
        load_keys(None, data=tmp_path / "data", is_shared=False)
        async with open_database(tmp_path / "data"):
            pass

    asyncio.run(make())

    said = run("replay", data=tmp_path / "data")

    assert (said.returncode, said.stdout, said.stderr) == (0, "Nothing has failed.\n", "")


def test_what_failed_waits_again(filled: Path) -> None:
    said = run("replay", data=filled)
    found = looked(filled)

    assert said.stdout.startswith("1 messages are tried once more")
    assert (found["waiting"]["count"], found["failed"]) == (3, [])


def test_a_running_bot_tries_again_what_failed(beside: Beside) -> None:
    person = beside.somebody("replayed")
    number = beside.poison(person)
    data = beside.bot.data
    cipher = load_keys(None, data=data, is_shared=False)
    # As after an upgrade that can read it.
    mended = cipher.encrypt(json.dumps(update(number, person=person, text="halo")).encode())
    with contextlib.closing(sqlite3.connect(data / DATABASE_FILE, timeout=30)) as database:
        database.execute("UPDATE inbox SET raw = ? WHERE id = ?", (mended, number))
        database.commit()

    said = beside.run("replay")

    assert (said.returncode, "within seconds" in said.stdout) == (0, True)
    assert beside.bot.wait("replayed", wanted=2)[1].startswith(SMALL_TALK["halo"])
    assert number not in beside.failed()


# export


def test_exports_all_that_is_kept(filled: Path) -> None:
    said = run("export", str(IBU), data=filled)

    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout.startswith('{\n  "person": 700000001,\n')
    found = json.loads(said.stdout)
    assert (found["language"], found["votes"][0]["vote"]) == ("id", "up")
    assert [each["text"] for each in found["questions"]] == [SECRET]
    assert [each["state"] for each in found["messages"]] == ["waiting", "waiting", "dead"]


def test_exports_what_a_running_bot_keeps(beside: Beside) -> None:
    person = beside.somebody("exported")
    number = beside.poison(person)

    found = beside.exported(person)

    assert [each["text"] for each in found["questions"]] == [QUESTION]
    assert found["messages"] == [{"id": number, "state": "dead"}]


def test_says_beside_the_export_that_nothing_is_kept(filled: Path) -> None:
    said = run("export", str(SOMEBODY), data=filled)

    assert said.returncode == 0
    assert json.loads(said.stdout) == {"person": SOMEBODY} | NOTHING_KEPT
    assert said.stderr == f"Nothing is kept about {SOMEBODY} in {filled / 'akar.sqlite3'}.\n"


# forget


def test_forgets_and_says_what_it_cannot_reach(filled: Path) -> None:
    said = run("forget", str(IBU), "--yes", data=filled)

    kept = exported(IBU, data=filled)
    assert (said.returncode, said.stderr) == (0, "")
    for part in ("is deleted from", "backups", "Telegram", "staff chat", "2 of their messages"):
        assert part in said.stdout
    assert (kept["language"], kept["votes"], kept["questions"]) == (None, [], [])
    assert "dead" not in [each["state"] for each in kept["messages"]]


def test_forgets_beside_a_running_bot(beside: Beside) -> None:
    person = beside.somebody("forgotten")
    number = beside.poison(person)

    said = beside.run("forget", str(person), "--yes")

    assert said.returncode == 0
    assert beside.exported(person) == {"person": person} | NOTHING_KEPT
    assert number not in beside.failed()


@pytest.mark.parametrize(("answer", "code", "left"), [("y\n", 0, 0), ("n\n", 1, 1), ("\n", 1, 1)])
def test_asks_once_on_a_terminal(filled: Path, answer: str, code: int, left: int) -> None:
    ended, shown = on_terminal("forget", str(IBU), data=filled, answer=answer)

    assert ended == code
    counted = "1 votes, 1 questions, 0 wishes to be told of an answer, 3 messages"
    assert counted in " ".join(shown.split())
    assert len(exported(IBU, data=filled)["votes"]) == left


def test_deletes_nothing_in_a_pipe_without_yes(filled: Path) -> None:
    said = run("forget", str(IBU), data=filled)

    assert (said.returncode, said.stdout, "--yes" in said.stderr) == (2, "", True)
    assert len(exported(IBU, data=filled)["votes"]) == 1


def test_nothing_is_kept_about_somebody_unknown(filled: Path) -> None:
    said = run("forget", str(SOMEBODY), "--yes", data=filled)

    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout == f"Nothing is kept about {SOMEBODY} in {filled / 'akar.sqlite3'}.\n"


# When things go wrong


@pytest.mark.parametrize("command", ["export", "forget"])
@pytest.mark.parametrize("person", ["ibu", "", "1.5", str(2**63)])
def test_an_id_that_is_no_number_is_a_wrong_call(command: str, person: str) -> None:
    assert CliRunner().invoke(app, [command, person]).exit_code == 2


@pytest.mark.parametrize("command", [("replay",), ("export", "5"), ("forget", "5", "--yes")])
def test_a_wrong_data_folder_does_not_pass_for_an_empty_one(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    done = run(*command, data=tmp_path / "data")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"akar: There is no bot's data in {tmp_path / 'data'}.")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", [("status",), ("replay",), ("export", "5")])
def test_a_database_that_is_away_is_named_without_its_password(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    settings = {
        "database_url": "postgresql://akar:geheim@127.0.0.1:1/akar",
        "key": Fernet.generate_key().decode(),
    }

    done = run(*command, data=tmp_path / "data", **settings)

    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("akar: The database at 127.0.0.1:1 does not answer")
    assert "geheim" not in done.stderr


def test_a_key_that_does_not_fit_is_named(beside: Beside) -> None:
    other = Fernet.generate_key().decode()

    done = run("export", "5", data=beside.bot.data, key=other)

    assert (done.returncode, "The key does not fit" in done.stderr) == (2, True)


@pytest.mark.parametrize("command", ["status", "replay", "export", "forget"])
def test_help_shows_an_example(command: str) -> None:
    done = CliRunner().invoke(app, [command, "--help"])

    assert (done.exit_code, f"akar {command}" in done.stdout) == (0, True)


def test_the_help_waits_for_nothing_that_is_slow_to_import() -> None:
    slow = ("sqlalchemy", "telegram", "pydantic", "chromadb", "numpy", "rich.table")
    code = f"import bot.cli, sys; print([name for name in {slow!r} if name in sys.modules])"

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout == "[]\n"


# Several processes on one database


def test_all_of_it_works_on_a_shared_database(tmp_path: Path, postgres_url: str) -> None:
    shared = {"database_url": postgres_url, "key": Fernet.generate_key().decode()}
    with running(tmp_path, **shared) as beside:
        person = beside.somebody("shared")
        number = beside.poison(person)
        before = beside.looked()
        kept = beside.exported(person)
        replayed = beside.run("replay")
        until(lambda: number in beside.failed())
        done = beside.run("forget", str(person), "--yes")
        left = beside.exported(person)
        beside.bot.stop()
        after = beside.looked()

    assert (before["processes"], after["processes"]) == (1, 0)
    assert before["failed"][0]["reason"].startswith("update_unreadable")
    assert [each["text"] for each in kept["questions"]] == [QUESTION]
    assert replayed.stdout.startswith("1 messages are tried once more")
    assert (done.returncode, left) == (0, {"person": person} | NOTHING_KEPT)
    assert (after["live"]["version"], after["failed"]) == (1, [])
