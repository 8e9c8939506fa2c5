"""Times answers while 10,000 people are in the middle of journeys, and while nobody is."""

import asyncio
import contextlib
import itertools
import json
import shutil
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import Connection, Insert

from bot.app.assembly import open_app, open_state
from bot.backends.keys import Cipher
from bot.backends.store.tables import place, poll, reminder
from bot.channels.simulator.state.people import Person
from bot.channels.simulator.state.state import State
from bot.settings import Settings, child_environment
from tests.benchmarks.folders import indexed_folder
from tests.benchmarks.questions import read_questions
from tests.benchmarks.speed import Bot, Driver, simulator

_FIRST, _STRANGERS = 900_000_001, 800_000_001
_POLLS = 3  # Quizzes that each of the people was asked.
_DAY = 86_400.0
_PARTS = 5
_SETTLING = 3.0  # Seconds until reminders have begun to be given, or the last is.

BESIDE = "asked by others, ms"
AMID = "asked by one of them, ms"
REMINDED = "all are reminded at once, or nobody, ms"


@dataclass(frozen=True, slots=True)
class Row:
    """The medians of what was timed in one way, and the median of the pairs' ratios."""

    name: str
    without: float
    amid: float
    ratio: float


async def compare(folder: Path, *, people: int, questions: int) -> list[Row]:
    """Ask two bots in turn, of which one has people in journeys; `folder` holds their `data`."""
    async with contextlib.AsyncExitStack() as stack:
        bots = []
        for name in ("nobody", "journeys"):
            data = _copied(folder, name)
            if name == "journeys":
                await _fill(data, people)
            chats = folder / f"{name}.chats"
            _meet(chats, people)
            url = await stack.enter_async_context(simulator(chats))
            driver = await stack.enter_async_context(Driver.on(url))
            limits = {"AKAR_RATE": "0", "AKAR_PERSON_RATE": "1000000"}
            own = child_environment(AKAR_TELEGRAM_URL=url, AKAR_DATA=str(data), **limits)
            bots.append(Bot([sys.executable, "-m", "bot", "run"], own, driver))
        for bot in bots:
            await stack.enter_async_context(bot.running())
        await asyncio.sleep(2)
        drivers = [bot.driver for bot in bots]
        texts = itertools.cycle([asked.text for asked in read_questions()])
        await _timed(drivers, "", texts, first=_STRANGERS, questions=questions)  # It warms up.
        beside = await _timed(drivers, BESIDE, texts, first=_STRANGERS, questions=questions)
        amid = await _timed(drivers, AMID, texts, first=_FIRST, questions=questions)
        rush = await _rushed(drivers[1], folder / "journeys", texts, questions=questions)
    return [beside, amid, rush]


def _copied(folder: Path, name: str) -> Path:
    """Return a copy of the data folder and its key: bots do not share one."""
    shutil.copy(folder / "data.key", folder / f"{name}.key")
    return Path(shutil.copytree(folder / "data", folder / name))


def _meet(chats: Path, people: int) -> None:
    """Let everybody have begun a chat with the bot."""
    state = State(chats)
    for number in range(_FIRST, _FIRST + people):
        state.people.keep(Person(str(number), number, "P", language="id", started=True, met=True))
    state.database.commit()
    state.close()


async def _fill(data: Path, people: int) -> None:
    """Let everybody be in the middle of a journey, asked some quizzes, and want a reminder."""
    settings = Settings(data=data)
    async with open_app(settings) as app:
        await app.knowledge.open_words()
        journey = app.knowledge.search.journeys("id")[0]
    now = time.time()
    zone = 12 - datetime.now(UTC).hour  # Where it is day, whenever this is run.
    async with open_state(settings) as (database, cipher):
        rows: list[tuple[Insert, list[dict[str, Any]]]] = [
            (place.insert(), _places(journey.name, journey.steps[0].name, people, cipher)),
            (
                reminder.insert(),
                [
                    {"person": one, "zone": zone, "journey": journey.name, "at": now + _DAY}
                    for one in range(_FIRST, _FIRST + people)
                ],
            ),
            (poll.insert(), _polls(people, now)),
        ]

        def work(connection: Connection) -> None:
            for statement, given in rows:
                connection.execute(statement, given)

        await database.transact(work)


def _places(journey: str, step: str, people: int, cipher: Cipher) -> list[dict[str, Any]]:
    kept = cipher.encrypt(json.dumps({}).encode())
    where = {"kind": "journey", "name": journey, "step": step, "kept": kept, "update": 1, "at": 1.0}
    return [{"person": one, **where} for one in range(_FIRST, _FIRST + people)]


def _polls(people: int, now: float) -> list[dict[str, Any]]:
    asked = {"lesson": "l", "question": "q", "options": '["a", "b"]', "right": 0, "at": now}
    pairs = itertools.product(range(_FIRST, _FIRST + people), range(_POLLS))
    return [{"id": f"{one}-{number}", "person": one, **asked} for one, number in pairs]


async def _rushed(driver: Driver, data: Path, texts: Iterator[str], *, questions: int) -> Row:
    """Ask while everybody is to be reminded at once, and while nobody is, in turn."""
    calm, rush = [], []
    async with open_state(Settings(data=data)) as (database, _):  # Beside the running bot.
        for part in range(_PARTS):
            first = _STRANGERS + part * questions
            await database.write((reminder.update().values(at=time.time() + _DAY), {}))
            await asyncio.sleep(_SETTLING)
            calm += await _latencies(driver, texts, first=first, questions=questions // _PARTS)
            await database.write((reminder.update().values(at=time.time() - 1), {}))
            await asyncio.sleep(_SETTLING)
            rush += await _latencies(driver, texts, first=first, questions=questions // _PARTS)
    without, amid = statistics.median(calm) * 1000, statistics.median(rush) * 1000
    return Row(REMINDED, without, amid, amid / without)


async def _latencies(
    driver: Driver, texts: Iterator[str], *, first: int, questions: int
) -> list[float]:
    return [await driver.ask(str(first + number), next(texts)) for number in range(questions)]


async def _timed(
    drivers: list[Driver], name: str, texts: Iterator[str], *, first: int, questions: int
) -> Row:
    """Ask each question of both in turn, the other one first each time."""
    seconds: list[list[float]] = [[], []]
    for number in range(questions):
        text = next(texts)
        for bot in (0, 1) if number % 2 else (1, 0):
            seconds[bot].append(await drivers[bot].ask(str(first + number), text))
    without, amid = (statistics.median(each) * 1000 for each in seconds)
    pairs = zip(*seconds, strict=True)
    return Row(name, without, amid, statistics.median(more / less for less, more in pairs))


def main(
    people: Annotated[int, typer.Option(help="How many are in the middle of a journey.")] = 10_000,
    questions: Annotated[int, typer.Option(help="Questions a row.")] = 200,
) -> None:
    """Time answers while ten thousand people are in the middle of journeys, and without them."""
    with indexed_folder() as folder:
        rows = asyncio.run(compare(folder, people=people, questions=questions))
    table = Table("medians", "nobody in a journey", f"{people:,} in one", "ratio")
    for row in rows:
        table.add_row(row.name, f"{row.without:.1f}", f"{row.amid:.1f}", f"{row.ratio:.2f}")
    Console(width=100).print(table)
