"""Asks at a steady rate for a long time, and looks whether the bot's memory stays as it was."""

import asyncio
import itertools
import statistics
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import httpx
import typer
from rich.console import Console
from rich.table import Table

from bot.settings import child_environment
from tests.benchmarks.folders import indexed_folder
from tests.benchmarks.questions import read_questions
from tests.benchmarks.speed import Driver, memory, simulator

_RATE = 30  # Questions a second.
_PEOPLE = 300
_WARM_UP = 0.1  # Share of the time.


@dataclass(frozen=True, slots=True)
class Soaked:
    """What a soak measured."""

    asked: int
    unanswered: int
    p95: float
    """Milliseconds."""
    warm: float
    """Memory in MB once what was asked at first is answered."""
    end: float


async def soak(warm_up: float, seconds: float, *, data: Path, folder: Path) -> Soaked:
    """Ask for so many seconds to warm up, and then for so many; `data` holds a whole index."""
    async with (
        simulator(folder / "chats.sqlite3") as url,
        httpx.AsyncClient(base_url=url, timeout=60, trust_env=False) as client,
    ):
        settings = {"AKAR_TELEGRAM_URL": url, "AKAR_DATA": str(data), "AKAR_RATE": "0"}
        bot = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "run"),
            env=child_environment(**settings, AKAR_PERSON_RATE="100000"),
            stdout=subprocess.DEVNULL,
        )
        driver = Driver(client)
        listening = asyncio.create_task(driver.listen())
        try:
            await driver.ask("first", "syarat buka toko apa aja?")
            return await _soaked(driver, bot.pid, warm_up, seconds)
        finally:
            listening.cancel()
            bot.terminate()
            await bot.wait()


async def _soaked(driver: Driver, pid: int, warm_up: float, seconds: float) -> Soaked:
    texts = (f"{one.text} {n}" for n, one in enumerate(itertools.cycle(read_questions())))
    early = await _asked(driver, itertools.islice(texts, round(warm_up * _RATE)))
    warm = memory(pid)
    late = await _asked(driver, itertools.islice(texts, round(seconds * _RATE)))
    done = [*early, *late]
    answered = [each for each in done if isinstance(each, float)]
    p95 = statistics.quantiles(answered, n=20)[-1] * 1000
    return Soaked(len(done), len(done) - len(answered), p95, warm, memory(pid))


async def _asked(driver: Driver, texts: Iterable[str]) -> Sequence[float | BaseException]:
    """Ask at the rate, wait for all answers, and return how long each took in seconds."""
    asking: list[asyncio.Task[float]] = []
    for number, text in enumerate(texts):
        person = f"s{number % _PEOPLE}"
        asking.append(asyncio.create_task(driver.ask(person, text)))
        await asyncio.sleep(1 / _RATE)
    return await asyncio.gather(*asking, return_exceptions=True)


def main(
    minutes: Annotated[float, typer.Option(help="How long.")] = 30.0,
) -> None:
    """Ask 30 questions a second for half an hour; print the memory at the begin and the end."""
    with indexed_folder() as folder:
        warm_up = _WARM_UP * minutes * 60
        rest = minutes * 60 - warm_up
        found = asyncio.run(soak(warm_up, rest, data=folder / "data", folder=folder))
    table = Table("", f"{minutes:g} minutes at {_RATE} a second")
    table.add_row("asked", str(found.asked))
    table.add_row("unanswered", str(found.unanswered))
    table.add_row("p95, ms", f"{found.p95:.1f}")
    table.add_row("memory after a tenth of it, MB", f"{found.warm:.1f}")
    table.add_row("memory at the end, MB", f"{found.end:.1f}")
    Console(width=100).print(table)
