"""Whatever goes wrong around it, the bot goes on, and no log tells what was said."""

import asyncio
import contextlib
import itertools
import resource
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.backends.prompts import read_phrases
from bot.backends.store.database import DATABASE_FILE
from bot.channels.simulator import TOKEN
from bot.core.messages import Asked, Button, Document, Incoming, Reply, Turn
from bot.core.ports import ChannelError
from tests.conftest import ROOT
from tests.integration.disks import fill, small_disk
from tests.integration.knowledge_folders import write
from tests.integration.processes import Bot, answers_in_order, bot_on, until
from tests.integration.simulators import Simulator
from tests.integration.simulators import running as simulator_in_a_thread
from tests.integration.stages import (
    USERNAME,
    Held,
    Json,
    Running,
    Stage,
    answering,
    channel_to,
    echo,
    saying,
    simulator,
    staged,
)
from tests.servers import free_port

pytestmark = pytest.mark.timeout(300)

SECRET = TOKEN.partition(":")[2]
PLANTED = "nomor rahasia saya tujuh belas"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, exchanges: Path | None) -> Iterator[Running]:
    with simulator(tmp_path_factory.mktemp("simulator"), exchanges) as started:
        yield started


@pytest.fixture
async def stage(
    running: Running, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> AsyncIterator[Stage]:
    """A simulator; whatever a test lets go wrong, no log holds what was said, or the token."""
    async with staged(running, tmp_path / "data") as found:
        yield found
        await found.control("fault", times=0)
    assert [text for text in (SECRET, PLANTED, "Traceback") if text in caplog.text] == []


@pytest.fixture
async def unlogged_stage(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> AsyncIterator[Stage]:
    """A simulator whose exchanges nobody checks: it may say what Telegram never would."""
    with simulator(tmp_path, None) as started:
        async with staged(started, tmp_path / "data") as found:
            yield found
    assert [text for text in (SECRET, PLANTED, "Traceback") if text in caplog.text] == []


@pytest.fixture
def quiet(tmp_path: Path, exchanges: Path | None) -> Iterator[Simulator]:
    with simulator_in_a_thread(tmp_path / "chats.sqlite3", exchanges=exchanges) as started:
        yield started


@pytest.fixture
def bot(quiet: Simulator, data: Path) -> Iterator[Bot]:
    """A bot that has answered."""
    with bot_on(quiet, data, rate=0) as prepared:
        begin(prepared)
        yield prepared


def begin(bot: Bot) -> None:
    bot.say("ibu", "halo")
    bot.start()
    bot.wait("ibu")


def in_the_mail(stage: Stage, update: int) -> tuple[str, str]:
    """What became of an update, and why."""
    with contextlib.closing(sqlite3.connect(stage.folder / DATABASE_FILE)) as database:
        sql = "SELECT state, reason FROM inbox WHERE id = ?"
        found: tuple[str, str] | None = database.execute(sql, (update,)).fetchone()
        return found or ("waiting", "at Telegram")


async def settled(stage: Stage, update: int) -> tuple[str, str]:
    """What became of an update, once that is decided."""
    await asyncio.to_thread(until, lambda: in_the_mail(stage, update)[0] != "waiting")
    return in_the_mail(stage, update)


# Chats.


async def test_a_question_deleted_before_its_reply_is_answered_all_the_same(stage: Stage) -> None:
    held = Held()
    async with answering(stage, held):
        said = await stage.say(f"{USERNAME} {PLANTED}", chat="group")
        await held.begun.wait()
        await stage.control(
            "delete", person=stage.person, chat="group", message_id=said["message_id"]
        )
        held.go_on.set()

        (entry,) = await stage.sent("sendMessage", wanted=1, person="group")

    assert (entry["ok"], entry["text"]) == (True, f"heard: {PLANTED}")
    assert await settled(stage, said["update_id"]) == ("done", "")


async def test_a_second_message_while_the_first_is_in_hand_comes_second(stage: Stage) -> None:
    held = Held()
    async with answering(stage, held):
        await stage.say("satu")
        await held.begun.wait()
        await stage.say("dua")
        await asyncio.sleep(0.3)
        held.go_on.set()

        assert await stage.texts(wanted=2) == ["heard: satu", "heard: dua"]


async def test_someone_who_blocked_the_bot_holds_up_nobody(stage: Stage) -> None:
    held = Held()
    async with answering(stage, held):
        said = [await stage.say(PLANTED) for _ in range(2)]
        blocking = stage.person
        await held.begun.wait()
        await stage.control("block", person=blocking)
        held.go_on.set()
        states = [await settled(stage, each["update_id"]) for each in said]
        await stage.control("block", person=blocking, blocked=False)
        await stage.say("lagi")
        await stage.sent("sendMessage", wanted=3)

        assert await stage.texts(wanted=3) == ["heard: lagi"]

    assert states == [("done", "")] * 2


async def test_a_chat_that_is_gone_holds_up_nobody(unlogged_stage: Stage) -> None:
    chat = {"id": 424242, "type": "private", "first_name": "P"}
    user = {"id": 424242, "is_bot": False, "first_name": "P"}
    message = {"message_id": 1, "date": 1, "chat": chat, "from": user, "text": PLANTED}
    async with answering(unlogged_stage, echo):
        put = await unlogged_stage.control("update", message=message)
        await unlogged_stage.say("halo")

        assert await unlogged_stage.texts() == ["heard: halo"]
        assert await settled(unlogged_stage, put["update_id"]) == ("done", "")


# Updates.


def nested(depth: int) -> Json:
    found: Json = {"text": PLANTED}
    for _ in range(depth):
        found = {"a": found}
    return found


def message_of(**more: Any) -> Json:
    user = {"id": 1, "is_bot": False, "first_name": PLANTED, "language_code": "en"}
    chat = {"id": 1, "type": "private", "first_name": "P"}
    return {"message_id": 1, "date": 1, "chat": chat, "from": user, "text": PLANTED} | more


def replies(depth: int) -> Json:
    """A message that answers one that answers one …"""
    message = message_of()
    for _ in range(depth):
        message = message_of(reply_to_message=message)
    return message


HUGE = 2**70
NOBODY: Json = {"id": HUGE, "is_bot": False, "first_name": "P"}
UNREADABLE: dict[str, Json] = {
    "wrong types": {"message": message_of(message_id="x", date="y", chat=5)},
    "a list for a message": {"message": [PLANTED]},
    "a text for a chat": {"message": message_of(chat=PLANTED)},
    "a query that is none": {"callback_query": {"id": 5, "data": PLANTED}},
    "a date beyond all time": {"message": message_of(date=HUGE)},
    "a person beyond 64 bits": {"message": message_of(**{"from": NOBODY})},
}
IGNORED: dict[str, Json] = {
    "nothing": {},
    "an unknown kind": {"unheard_of": {"text": PLANTED}},
    "deep": {"unheard_of": nested(900)},
    "deep, and read": {"message": replies(400)},
    "no text": {"message": message_of(text=None)},
    "a chat beyond 64 bits": {"message": message_of(chat={"id": HUGE, "type": "private"})},
}
"""What is not for the bot, or cannot be answered."""


async def remembering(incoming: Incoming) -> Turn:
    """Say what was understood, and keep it."""
    turn = await echo(incoming)
    person = incoming.sender.person
    return replace(turn, asked=(Asked(person, PLANTED, turn.language, "abstain"),))


@pytest.mark.parametrize("update", UNREADABLE.values(), ids=UNREADABLE)
async def test_a_poisoned_update_becomes_a_dead_letter(unlogged_stage: Stage, update: Json) -> None:
    async with answering(unlogged_stage, remembering) as bot:
        put = await unlogged_stage.control("update", **update)
        await unlogged_stage.say("halo")
        texts = await unlogged_stage.texts()
        state, reason = await settled(unlogged_stage, put["update_id"])
        backlog = await bot.mail.backlog()

    assert texts == ["heard: halo"]
    assert (state, PLANTED in reason) == ("dead", False)
    assert [letter.update for letter in backlog.dead] == [put["update_id"]]


@pytest.mark.parametrize("update", IGNORED.values(), ids=IGNORED)
async def test_an_update_that_nobody_waits_for_is_ignored(
    unlogged_stage: Stage, update: Json
) -> None:
    async with answering(unlogged_stage, remembering):
        put = await unlogged_stage.control("update", **update)
        await unlogged_stage.say("halo")
        texts = await unlogged_stage.texts()
        state, _ = await settled(unlogged_stage, put["update_id"])

    assert (texts, state) == (["heard: halo"], "done")


@pytest.mark.parametrize("text", ["a\x00b", "half \ud83d of it", "\x00", "\u202e" * 3])
async def test_a_broken_text_gets_an_answer(stage: Stage, text: str) -> None:
    said = await stage.say("/start")
    user = {"id": stage.number, "is_bot": False, "first_name": "P"}
    chat = {"id": stage.number, "type": "private", "first_name": "P"}
    message = message_of(text=text, chat=chat, **{"from": user})
    async with answering(stage, keeping_what_it_heard) as bot:
        await stage.texts()
        await bot.channel.receive([{"update_id": said["update_id"] + 1000, "message": message}])
        texts = await stage.texts(wanted=2)

    assert texts[1].startswith("heard:")
    assert bot.left == 0


async def keeping_what_it_heard(incoming: Incoming) -> Turn:
    turn = await echo(incoming)
    text = turn.replies[0].text
    return replace(turn, asked=(Asked(incoming.sender.person, text, "en", "abstain"),))


# Replies.


async def test_a_reply_over_every_limit_arrives_in_pieces(stage: Stage) -> None:
    words = [
        f"**{number}** _slanted_ [link](https://kabar.example/{number})" for number in range(900)
    ]
    paragraphs = ["\n\n".join(words), "x" * 9000]
    keyboard = tuple((Button(f"b{number}", f"q:{number}"),) for number in range(200))
    async with answering(stage, saying("\n\n".join(paragraphs), keyboard=keyboard)):
        said = await stage.say("halo")
        assert await settled(stage, said["update_id"]) == ("done", "")
    found = [entry for entry in await stage.sent("sendMessage", wanted=10) if entry["ok"]]

    shown = "\n".join(entry["text"] for entry in found).split()
    numbers = [word for word in shown if word.isdigit()]
    assert numbers == [str(number) for number in range(900)]
    assert shown.count("x" * 4096) == 2
    assert not any(entry.get("buttons") for entry in found)


async def test_a_reply_that_telegram_refuses_holds_up_nobody(stage: Stage) -> None:
    async def turn(incoming: Incoming) -> Turn:
        turn = await echo(incoming)
        wrong = Reply(PLANTED, document=Document("a.txt", ""))
        return turn if "lagi" in turn.replies[0].text else replace(turn, replies=(wrong,))

    async with answering(stage, turn):
        said = await stage.say("halo")
        await stage.say("lagi")

        assert await stage.texts() == ["heard: lagi"]
        state, reason = await settled(stage, said["update_id"])

    assert (state, "call_rejected" in reason) == ("dead", True)


# Clocks.


async def test_answers_in_order_while_the_clock_jumps(stage: Stage) -> None:
    day = 24 * 3600.0
    jumps = itertools.cycle([0.0, 3 * day, -400 * day, 1e9])
    began = time.time()
    asked = [str(number) for number in range(8)]
    async with answering(stage, echo, clock=lambda: began + next(jumps)) as bot:
        for number in asked:
            await stage.say(number)
            await bot.mail.purge()
        texts = await stage.texts(wanted=8)

    assert texts == [f"heard: {number}" for number in asked]
    assert bot.left == 0


# Telegram.


def http(status: str, body: str, kind: str = "text/html") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
    return f"{head}Connection: close\r\n\r\n{body}".encode()


PAGE = f"<html>{PLANTED}</html>"
CUT_SHORT = f'{{"ok":true,"result":[{{"update_id":1,"message":{{"text":"{PLANTED}'
NOT_TELEGRAM: dict[str, bytes] = {
    "a page": http("200 OK", PAGE),
    "a page, 403": http("403 Forbidden", PAGE),
    "a page, 404": http("404 Not Found", PAGE),
    "a page, 429": http("429 Too Many Requests", PAGE),
    "a page, 502": http("502 Bad Gateway", PAGE),
    "half an answer": http("200 OK", CUT_SHORT, "application/json"),
    "another answer": http("200 OK", f'["{PLANTED}"]', "application/json"),
    "no HTTP": f"\x16\x03{PLANTED}\r\n\r\n".encode(),
    "nothing": b"",
}


@dataclass
class Between:
    """A proxy between the bot and Telegram, which may answer itself, or not at all."""

    upstream: int
    answer: bytes | None = None
    """What it answers; None lets everything through."""
    hangs: bool = False
    refused: int = 0
    port: int = 0
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            if self.hangs or self.answer is not None:
                await self._refuse(reader, writer)
            else:
                await self._pass_on(reader, writer)
        writer.close()
        self._open.discard(writer)

    def cut(self) -> None:
        """End every connection, so that what comes next is met as is said now."""
        for writer in self._open:
            writer.transport.abort()

    async def _refuse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        self.refused += 1
        if self.hangs:
            await reader.read()
        writer.write(self.answer or b"")
        await writer.drain()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self.upstream)
        ways = [asyncio.create_task(_pump(reader, back)), asyncio.create_task(_pump(there, writer))]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        back.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(65536):
        writer.write(piece)
        await writer.drain()


@pytest.fixture
async def between(stage: Stage) -> AsyncIterator[Between]:
    upstream = httpx.URL(stage.url).port
    assert upstream
    proxy = Between(upstream)
    server = await asyncio.start_server(proxy, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    async with server:
        yield proxy
        proxy.cut()


def through(stage: Stage, between: Between) -> Stage:
    return replace(stage, url=f"http://127.0.0.1:{between.port}")


@pytest.mark.parametrize("answer", NOT_TELEGRAM.values(), ids=NOT_TELEGRAM)
async def test_what_is_no_answer_of_telegrams_is_waited_out(
    stage: Stage, between: Between, answer: bytes
) -> None:
    held = Held()
    async with answering(through(stage, between), held) as bot:
        said = await stage.say(PLANTED)
        await held.begun.wait()
        between.answer = answer
        between.cut()
        held.go_on.set()
        await asyncio.to_thread(until, lambda: between.refused >= 3)
        between.answer = None
        await stage.say("lagi")

        assert await stage.texts(wanted=2) == [f"heard: {PLANTED}", "heard: lagi"]
        assert await settled(stage, said["update_id"]) == ("done", "")
        assert (await bot.mail.backlog()).dead == ()


async def test_a_telegram_that_hangs_is_asked_again(stage: Stage, between: Between) -> None:
    held = Held()
    async with answering(through(stage, between), held):
        await stage.say("halo")
        await held.begun.wait()
        between.hangs = True
        between.cut()
        held.go_on.set()
        await asyncio.to_thread(until, lambda: between.refused >= 3)
        between.hangs = False

        assert await stage.texts() == ["heard: halo"]


@pytest.mark.parametrize("answer", NOT_TELEGRAM.values(), ids=NOT_TELEGRAM)
async def test_starts_once_telegram_answers(stage: Stage, between: Between, answer: bytes) -> None:
    between.answer = answer
    away: asyncio.Queue[ChannelError] = asyncio.Queue()
    channel = channel_to(f"http://127.0.0.1:{between.port}")
    connecting = asyncio.create_task(channel.connect(on_away=away.put_nowait))
    error = await away.get()
    between.answer = None
    await connecting
    username = channel.bot.username
    await channel.close()

    assert (error.code, f"@{username}") == ("telegram_away", USERNAME)
    assert [text for text in (SECRET, PLANTED) if text in str(error)] == []


# The machine.


def test_a_database_that_another_program_locks_is_waited_for(bot: Bot) -> None:
    path = bot.data / DATABASE_FILE
    with contextlib.closing(sqlite3.connect(path, isolation_level=None, timeout=30)) as other:
        other.execute("BEGIN EXCLUSIVE")
        bot.say("ibu", "makasih")
        bot.say("lin", "halo")
        time.sleep(3)
        during = bot.texts("ibu")[1:] + bot.texts("lin")
        other.execute("ROLLBACK")
    bot.wait("lin")

    assert during == []
    assert answers_in_order(bot.wait("ibu", wanted=2), ["halo", "makasih"])


def test_a_file_that_cannot_grow_is_waited_for(bot: Bot) -> None:
    assert bot.process
    unlimited = resource.prlimit(bot.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(bot.process.pid, resource.RLIMIT_FSIZE, (4096, unlimited[1]))
    bot.say("ibu", PLANTED)
    until(lambda: "state_unusable" in bot.errors)
    during = bot.texts("ibu")[1:]
    resource.prlimit(bot.process.pid, resource.RLIMIT_FSIZE, unlimited)
    bot.wait("ibu", wanted=2)
    bot.say("ibu", "makasih")
    bot.wait("ibu", wanted=3)

    assert during == []
    assert answers_in_order(bot.texts("ibu")[2:], ["makasih"])


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "data") as folder:
        yield folder


def test_a_full_disk_is_waited_for_and_told_to_the_staff(
    quiet: Simulator, prepared_data: Path, disk: Path
) -> None:
    shutil.copytree(prepared_data, disk, dirs_exist_ok=True)
    staff = quiet.say("staff", "/start")["chat_id"]
    with bot_on(quiet, disk, rate=0, staff_chat=staff) as bot:
        begin(bot)
        bot.say("ibu", "berapa harga tiket kereta ke bulan")
        bot.wait("ibu", wanted=2)  # The words do not answer it: Chroma has opened its files.
        fill(disk / "filler")
        bot.say("ibu", PLANTED)
        until(lambda: set(bot.texts("staff")) & {*staff_words("state")} != set())
        during = bot.texts("ibu")[2:]
        (disk / "filler").unlink()
        bot.wait("ibu", wanted=3)
        until(lambda: {*staff_words("state")} <= set(bot.texts("staff")))

        assert during == []


def staff_words(trouble: str) -> list[str]:
    """What the staff hears when something begins to fail, and when that is over."""
    phrases = read_phrases(ROOT / "prompts")["id"]
    what = phrases[f"staff_{trouble}"]
    return [what, phrases["staff_over"].format(trouble=what)]


def test_answers_though_the_knowledge_folder_is_gone(
    quiet: Simulator, data: Path, tmp_path: Path
) -> None:
    knowledge = Path(shutil.copytree(ROOT / "knowledge", tmp_path / "knowledge"))
    with bot_on(quiet, data, rate=0, knowledge=knowledge) as bot:
        begin(bot)
        shutil.rmtree(knowledge)
        bot.say("ibu", "npwp wajib ga buat daftar seller")

        assert "28 Agustus 2021" in bot.wait("ibu", wanted=2)[1]


# Chroma.


@contextlib.contextmanager
def chroma(folder: Path, port: int) -> Iterator[None]:
    """A Chroma server at a known address."""
    command = [str(Path(sys.executable).with_name("chroma")), "run", "--path", str(folder)]
    options = ["--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL)
    try:
        until(lambda: is_up(port))
        yield
    finally:
        process.kill()
        process.wait()


def is_up(port: int) -> bool:
    with contextlib.suppress(httpx.HTTPError):
        url = f"http://127.0.0.1:{port}/api/v2/heartbeat"
        return httpx.get(url, trust_env=False).is_success
    return False


def troubles(bot: Bot) -> list[str]:
    return [code for (code,) in bot.rows("SELECT code FROM trouble")]


def asked_until(bot: Bot, question: str, codes: list[str]) -> None:
    """Ask until these things fail, and no others."""

    def ask() -> bool:
        wanted = len(bot.texts("ibu")) + 1
        bot.simulator.say("ibu", question)
        bot.wait("ibu", wanted=wanted)
        return troubles(bot) == codes

    until(ask)


def test_what_a_killed_bot_noted_fails_no_more(quiet: Simulator, tmp_path: Path) -> None:
    knowledge = write(tmp_path / "knowledge")
    with bot_on(quiet, tmp_path / "data", knowledge=knowledge, rate=0) as bot:
        begin(bot)
        bot.kill()
        with contextlib.closing(sqlite3.connect(bot.data / DATABASE_FILE)) as database, database:
            database.execute("INSERT INTO trouble (code, at, detail) VALUES ('words_only', 1, '')")
        bot.start()

        until(lambda: troubles(bot) == [])


def test_answers_by_words_while_chroma_is_away_and_tells_the_staff_once(
    quiet: Simulator, tmp_path: Path
) -> None:
    port, question = free_port(), "surat apa untuk kios"
    staff = quiet.say("staff", "/start")["chat_id"]
    settings: Json = {
        "knowledge": write(tmp_path / "knowledge"),
        "chroma_url": f"http://127.0.0.1:{port}",
        "staff_chat": staff,
        "rate": 0,
        "person_rate": 100_000,
    }
    with bot_on(quiet, tmp_path / "data", **settings) as bot:
        with chroma(tmp_path / "chroma", port):
            begin(bot)
            until(lambda: bool(bot.rows("SELECT 1 FROM version WHERE state = 'whole'")))
            asked_until(bot, question, [])
        asked_until(bot, question, ["words_only"])
        by_words = bot.texts("ibu")[-1]
        with chroma(tmp_path / "chroma", port):
            asked_until(bot, question, [])
            bot.wait("staff", wanted=3)

            assert by_words.startswith("Bring a permit and a photograph.")
            assert bot.texts("staff")[1:] == staff_words("words_only")
