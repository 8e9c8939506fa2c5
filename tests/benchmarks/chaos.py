"""Kills the bot again and again while many people write, and counts what became of each message."""

import asyncio
import contextlib
import itertools
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from cryptography.fernet import Fernet
from rich.console import Console
from rich.table import Table

from bot.app.assembly import open_app
from bot.channels.formatting import plain
from bot.settings import Settings, child_environment
from tests.benchmarks.folders import indexed_folder
from tests.benchmarks.speed import simulator
from tests.servers import chroma_server, postgres_programs, postgres_server

Json = dict[str, Any]

_DISTINCT = 24  # Questions whose answers tell them apart, in every chat the same.
_RATE = 20  # Questions a second.
_PATIENCE = 120.0  # Seconds without any answer after which the rest counts as lost.
_REFUSED = 0.1  # Share of all sends.
_CUT_BEFORE = 0.05
_CUT_AFTER = 0.05


@dataclass(frozen=True, slots=True)
class Question:
    """A question, and the one text that answers it."""

    text: str
    answer: str


@dataclass(slots=True)
class Asked:
    """One message of a person."""

    chat: str
    message: int
    question: Question
    at: float


@dataclass(frozen=True, slots=True)
class Report:
    """What became of the messages."""

    asked: int
    lost: int
    repeated_after_kill: int
    repeated_after_cut: int
    unlinked: int
    """Repeats that are no reply to their question."""
    out_of_order: int
    slowest: float
    """Seconds from a question to its answer."""
    kills: int
    cuts: int
    """Calls that Telegram did, and whose answer was cut off."""
    refused: int
    unknown: int
    """Messages of the bot that answer nothing that was asked."""


@dataclass(slots=True)
class Chats:
    """Everything that was asked, and what the bot sent, in order."""

    asked: list[Asked] = field(default_factory=list)
    sent: list[Json] = field(default_factory=list)
    kills: int = 0

    def report(self) -> Report:
        """Go through the chats one by one."""
        by_chat: dict[str, list[Json]] = {}
        for entry in self.sent:
            if entry["method"] == "sendMessage" and entry["ok"]:
                by_chat.setdefault(entry["person"], []).append(entry)
        found = [_Chat.of(asked, by_chat.get(chat, [])) for chat, asked in self._by_chat()]
        return Report(
            asked=len(self.asked),
            lost=sum(chat.lost for chat in found),
            repeated_after_kill=sum(chat.after_kill for chat in found),
            repeated_after_cut=sum(chat.after_cut for chat in found),
            unlinked=sum(chat.unlinked for chat in found),
            out_of_order=sum(chat.out_of_order for chat in found),
            slowest=max((chat.slowest for chat in found), default=0.0),
            kills=self.kills,
            cuts=sum(bool(entry.get("cut")) and entry["ok"] for entry in self.sent),
            refused=sum("Too Many" in entry.get("description", "") for entry in self.sent),
            unknown=sum(chat.unknown for chat in found),
        )

    def answered(self) -> int:
        """Count the messages that were sent at all, repeats included."""
        return sum(entry["method"] == "sendMessage" and entry["ok"] for entry in self.sent)

    def _by_chat(self) -> Iterator[tuple[str, list[Asked]]]:
        ordered = sorted(self.asked, key=lambda asked: (asked.chat, asked.message))
        for chat, group in itertools.groupby(ordered, key=lambda asked: asked.chat):
            yield chat, list(group)


@dataclass(slots=True)
class _Chat:
    """What became of the messages of one chat."""

    lost: int = 0
    after_kill: int = 0
    after_cut: int = 0
    unlinked: int = 0
    out_of_order: int = 0
    slowest: float = 0.0
    unknown: int = 0

    @classmethod
    def of(cls, asked: Sequence[Asked], sent: Sequence[Json]) -> "_Chat":
        chat, answers, order = cls(), dict[int, Json](), list[int]()
        for entry in sent:
            replied = _replied(entry)
            place = _place(asked, entry, replied)
            if place is None:
                chat.unknown += 1
            elif place not in answers:
                answers[place] = entry
                order.append(place)
                chat.slowest = max(chat.slowest, entry["ts"] - asked[place].at)
            else:
                chat.after_cut += bool(answers[place].get("cut"))
                chat.after_kill += not answers[place].get("cut")
                chat.unlinked += replied is None
                answers[place] = entry  # A repeat may have been cut as well.
        chat.lost = len(asked) - len(answers)
        chat.out_of_order = sum(later < earlier for earlier, later in itertools.pairwise(order))
        return chat


def _replied(entry: Json) -> int | None:
    reply = entry["params"].get("reply_parameters")
    return int(reply["message_id"]) if reply else None


def _place(asked: Sequence[Asked], entry: Json, replied: int | None) -> int | None:
    """Return which message an entry answers: by the reply, else by its text."""
    for place, one in enumerate(asked):
        is_it = one.message == replied if replied else True
        if is_it and plain_text(entry["params"]["text"]) == one.question.answer:
            return place
    return None


def plain_text(text: str) -> str:
    """Return a text without what a message's ends may lose."""
    return " ".join(text.split())


async def distinct_questions(settings: Settings) -> list[Question]:
    """Return questions whose answers are the same by words alone and whole, and differ."""
    async with open_app(settings) as app:
        version = await app.knowledge.open_words()
        assert version
        content = await app.knowledge.versions.content(version)
        lines = [card.asked[0] for card in content.cards if card.language == "id" and card.asked]
        by_words = [await app.ask(line) for line in lines]
        await app.knowledge.open_whole()
        found: dict[str, Question] = {}
        for line, first in zip(lines, by_words, strict=True):
            turn = await app.ask(line)
            answer = plain_text(plain(turn.replies[0].text))
            is_sure = bool(first.candidates) and first.candidates[0].confidence >= 0.9
            if is_sure and answer == plain_text(plain(first.replies[0].text)):
                found.setdefault(answer, Question(line, answer))
        return list(found.values())[:_DISTINCT]


@dataclass(slots=True)
class Bots:
    """Bot processes, which are killed and started again."""

    commands: Sequence[Mapping[str, str]]
    log: Path
    chance: random.Random
    processes: list["asyncio.subprocess.Process | None"] = field(default_factory=list)

    async def start(self) -> None:
        self.processes = [None] * len(self.commands)
        for place in range(len(self.commands)):
            await self.start_one(place)

    async def start_one(self, place: int) -> None:
        with self.log.open("ab") as log:
            self.processes[place] = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bot", "run"),
                env=child_environment(**self.commands[place]),
                stdout=subprocess.DEVNULL,
                stderr=log,
            )

    async def kill_one(self) -> None:
        """Kill one with no warning, and start it again a moment later."""
        place = self.chance.randrange(len(self.processes))
        process = self.processes[place]
        assert process
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGKILL)
        await process.wait()
        await asyncio.sleep(self.chance.uniform(0, 0.5))
        await self.start_one(place)

    async def start_missing(self) -> None:
        """Start those that were killed last."""
        for place, process in enumerate(self.processes):
            if process is None or process.returncode is not None:
                await self.start_one(place)

    def said(self) -> str:
        """Return what they wrote on standard error."""
        return self.log.read_text(encoding="utf-8")

    async def stop(self) -> list[int]:
        """Stop all as an operator does; return their exit codes."""
        running = [process for process in self.processes if process]
        for process in running:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        return [await process.wait() for process in running]


class Run:
    """One run against one simulator."""

    def __init__(self, client: httpx.AsyncClient, questions: Sequence[Question], seed: int) -> None:
        self.client = client
        self.questions = questions
        self.chance = random.Random(seed)
        self.chats = Chats()

    async def faults(self) -> None:
        """Let Telegram refuse and cut, at random."""
        shares: list[Json] = [
            {"telegram": "429", "retry_after": 1, "share": _REFUSED},
            {"telegram": "cut", "share": _CUT_BEFORE},
            {"telegram": "cut", "after": True, "share": _CUT_AFTER},
        ]
        for number, share in enumerate(shares):
            response = await self.client.post("/control/fault", json=share | {"seed": number})
            response.raise_for_status()

    async def ask(self, count: int, people: int) -> None:
        """Ask at a steady rate, in turn each person a question of their own order."""
        orders = [self.chance.sample(self.questions, len(self.questions)) for _ in range(people)]
        for number in range(count):
            person, turn = number % people, number // people
            question = orders[person][turn % len(self.questions)]
            name = f"p{person}x{turn // len(self.questions)}"
            body = {"person": name, "text": question.text}
            at = time.time()
            response = await self.client.post("/control/say", json=body)
            response.raise_for_status()
            message = int(response.json()["message_id"])
            self.chats.asked.append(Asked(name, message, question, at))
            await asyncio.sleep(self.chance.expovariate(_RATE))

    async def listen(self) -> None:
        """Write down what the bot sends."""
        after = 0
        while True:
            query = {"after": after, "timeout": 20}
            news = (await self.client.get("/control/sent", params=query)).json()
            after = news["last"]
            self.chats.sent += news["sent"]

    async def play(
        self, bots: Bots, questions: int, people: int, *, every: tuple[float, float]
    ) -> None:
        """Ask and kill, then let the bots finish what waits, and stop them."""
        listening = asyncio.create_task(self.listen())
        await bots.start()
        await self.faults()
        killing = asyncio.create_task(self.kill(bots, every=every))
        try:
            await self.ask(questions, people)
            killing.cancel()
            await asyncio.gather(killing, return_exceptions=True)
            await bots.start_missing()
            await self.wait()
        finally:
            killing.cancel()
            codes = await bots.stop()
            listening.cancel()
        assert codes == [0] * len(codes), bots.said()

    async def kill(self, bots: Bots, *, every: tuple[float, float]) -> None:
        """Kill at random moments, for ever."""
        while True:
            await asyncio.sleep(self.chance.uniform(*every))
            self.chats.kills += 1  # At once: the run may end before it is started again.
            await bots.kill_one()

    async def wait(self) -> None:
        """Wait until everything is answered, or nothing more comes."""
        last, since = -1, time.monotonic()
        while self.chats.report().lost and time.monotonic() - since < _PATIENCE:
            await asyncio.sleep(0.5)
            if self.chats.answered() != last:
                last, since = self.chats.answered(), time.monotonic()


async def chaos(
    kind: str,
    *,
    data: Path,
    folder: Path,
    questions: int,
    people: int,
    seed: int,
    every: tuple[float, float] = (3.0, 12.0),
    processes: int = 3,
    knowledge: Path = Path("knowledge"),
) -> Report:
    """Play one run on `sqlite` with one process, or on `postgresql` with several."""
    distinct = await distinct_questions(Settings(data=data, knowledge=knowledge))
    async with (
        simulator(folder / "chats.sqlite3") as url,
        httpx.AsyncClient(base_url=url, timeout=60, trust_env=False) as client,
    ):
        rates = {"AKAR_RATE": "0", "AKAR_PERSON_RATE": "100000"}
        common = {"AKAR_TELEGRAM_URL": url, "AKAR_KNOWLEDGE": str(knowledge), **rates}
        with _surroundings(kind, data, folder, processes, knowledge) as more:
            run = Run(client, distinct, seed)
            bots = Bots([common | each for each in more], folder / "bots.log", run.chance)
            await run.play(bots, questions, people, every=every)
    return run.chats.report()


@contextlib.contextmanager
def _surroundings(
    kind: str, data: Path, folder: Path, processes: int, knowledge: Path
) -> Iterator[list[dict[str, str]]]:
    """Start the servers that a kind needs; yield the settings of each process."""
    if kind == "sqlite":
        yield [{"AKAR_DATA": str(data)}]
        return
    programs = postgres_programs()
    assert programs, "PostgreSQL is not installed"
    with postgres_server(programs) as server, chroma_server(folder / "chroma") as chroma:
        shared = {
            "AKAR_DATABASE_URL": server.url,
            "AKAR_CHROMA_URL": chroma.url,
            "AKAR_KEY": Fernet.generate_key().decode(),
        }
        own = {"AKAR_DATA": str(folder / "first"), "AKAR_KNOWLEDGE": str(knowledge)}
        first = child_environment(**shared, **own)
        publish = [sys.executable, "-m", "bot", "knowledge", "sync"]
        subprocess.run(publish, env=first, check=True, stdout=subprocess.DEVNULL)
        yield [shared | {"AKAR_DATA": str(folder / f"bot{n}")} for n in range(processes)]


ROWS = {
    "asked": "asked",
    "lost": "lost",
    "kills": "kills",
    "repeated after a kill": "repeated_after_kill",
    "calls cut after Telegram did them": "cuts",
    "repeated after a cut": "repeated_after_cut",
    "repeats that are no reply": "unlinked",
    "refused for rate": "refused",
    "out of order in a chat": "out_of_order",
    "answers to nothing asked": "unknown",
    "slowest answer, s": "slowest",
}


def main(
    questions: Annotated[int, typer.Option(help="Messages a database.")] = 2000,
    people: Annotated[int, typer.Option(help="How many write.")] = 200,
    seed: Annotated[int, typer.Option(help="Of everything that is random.")] = 1,
    database: Annotated[
        list[str] | None, typer.Option(help="sqlite, postgresql; both if left out.")
    ] = None,
) -> None:
    """Kill the bot at random while hundreds write; print what was lost, repeated, out of order."""
    reports: dict[str, Report] = {}
    for kind in database or ["sqlite", "postgresql"]:
        with indexed_folder() as folder:
            data = folder / "data"
            reports[kind] = asyncio.run(
                chaos(kind, data=data, folder=folder, questions=questions, people=people, seed=seed)
            )
            _print(reports)


def _print(reports: Mapping[str, Report]) -> None:
    table = Table("", *reports)
    for label, name in ROWS.items():
        values = [getattr(report, name) for report in reports.values()]
        table.add_row(
            label, *(f"{value:.1f}" if name == "slowest" else str(value) for value in values)
        )
    Console(width=110).print(table)
