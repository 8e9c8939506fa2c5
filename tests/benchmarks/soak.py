"""Asks at a steady rate for a long time, and looks whether the bot's memory stays as it was."""

import asyncio
import itertools
import statistics
import subprocess
import sys
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


@dataclass(frozen=True, slots=True)
class Soaked:
    """What a soak measured."""

    asked: int
    unanswered: int
    p95: float
    """Milliseconds."""
    warm: float
    """Memory in MB after the first tenth of the time."""
    end: float


async def soak(seconds: float, *, data: Path, folder: Path, rate: float = _RATE) -> Soaked:
    """Ask for so long; `data` is a folder with a whole index."""
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
            return await _asked(driver, bot.pid, seconds, rate)
        finally:
            listening.cancel()
            bot.terminate()
            await bot.wait()


async def _asked(driver: Driver, pid: int, seconds: float, rate: float) -> Soaked:
    texts = itertools.cycle(question.text for question in read_questions())
    asking: list[asyncio.Task[float]] = []
    warm = 0.0
    count = round(seconds * rate)
    for number in range(count):
        person = f"s{number % _PEOPLE}"
        asking.append(asyncio.create_task(driver.ask(person, f"{next(texts)} {number}")))
        await asyncio.sleep(1 / rate)
        if number == count // 10:
            warm = memory(pid)
    done = await asyncio.gather(*asking, return_exceptions=True)
    answered = [each for each in done if isinstance(each, float)]
    p95 = statistics.quantiles(answered, n=20)[-1] * 1000
    return Soaked(count, count - len(answered), p95, warm, memory(pid))


def main(
    minutes: Annotated[float, typer.Option(help="How long.")] = 30.0,
) -> None:
    """Ask 30 questions a second for half an hour; print the memory at the begin and the end."""
    with indexed_folder() as folder:
        found = asyncio.run(soak(minutes * 60, data=folder / "data", folder=folder))
    table = Table("", f"{minutes:g} minutes at {_RATE} a second")
    table.add_row("asked", str(found.asked))
    table.add_row("unanswered", str(found.unanswered))
    table.add_row("p95, ms", f"{found.p95:.1f}")
    table.add_row("memory after a tenth of it, MB", f"{found.warm:.1f}")
    table.add_row("memory at the end, MB", f"{found.end:.1f}")
    Console(width=100).print(table)
