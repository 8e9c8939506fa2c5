"""Compares the bot's speed with that of a tutorial's bot: same machine, same simulator, one run."""

import asyncio
import contextlib
import itertools
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import httpx
import typer
from rich.console import Console
from rich.table import Table

from bot.channels.simulator import TOKEN
from bot.settings import child_environment, load_settings
from tests.benchmarks.questions import read_questions

_PEOPLE = 64
_RATE = 30  # Questions a second.
_LONGEST = 60.0  # Seconds to wait for an answer;
_FIRST = 600.0  # for a bot's first, which may build its index before.


@dataclass(slots=True)
class Figures:
    """What was measured of one bot."""

    start: float = 0.0
    alone: float = 0.0
    together: float = 0.0
    p50: float = 0.0
    p95: float = 0.0
    memory: float = 0.0


ROWS = {
    "start to first answer, s": "start",
    "answers a second, one at a time": "alone",
    f"answers a second, {_PEOPLE} at once": "together",
    f"median at {_RATE} a second, ms": "p50",
    f"p95 at {_RATE} a second, ms": "p95",
    "memory, MB": "memory",
}


def main(
    questions: Annotated[int, typer.Option(help="Questions a measurement.")] = 200,
    rounds: Annotated[int, typer.Option(help="Each bot in turn, so often; medians are shown.")] = 3,
) -> None:
    """Time Akar beside a tutorial's bot, and print the ratios."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # Telegram's limits would be all that is measured.
        environment = {"AKAR_DATA": str(folder / "akar"), "AKAR_RATE": "0"}
        environment["AKAR_PERSON_RATE"] = "1000000"
        sync = [sys.executable, "-m", "bot", "knowledge", "sync"]
        subprocess.run(sync, env=child_environment(**environment), check=True)
        asyncio.run(_compare(folder, environment, questions, rounds))


async def _compare(folder: Path, environment: dict[str, str], questions: int, rounds: int) -> None:
    settings = load_settings().settings
    bots: dict[str, Callable[[str], list[str]]] = {
        "Akar": lambda _: [sys.executable, "-m", "bot", "run"],
        "in memory": lambda _: [sys.executable, "-m", "tests.benchmarks.memory_bot"],
        "tutorial": lambda url: [
            *(sys.executable, "-m", "tests.benchmarks.tutorial_bot", url, TOKEN),
            *(str(settings.knowledge), str(folder / "tutorial")),
        ],
    }
    measured: dict[str, list[Figures]] = {name: [] for name in bots}
    for round_, name in itertools.product(range(rounds + 1), bots):
        async with (
            simulator(folder / f"{name}{round_}") as url,
            httpx.AsyncClient(base_url=url, timeout=_LONGEST, trust_env=False) as client,
        ):
            command, changes = bots[name](url), {**environment, "AKAR_TELEGRAM_URL": url}
            figures = await _measure(Driver(client), command, changes, questions)
        Console(stderr=True).print(f"round {round_}, {name}: {figures}", highlight=False)
        if round_:  # The first round warms files and builds the tutorial's index.
            measured[name].append(figures)
    _print(measured)


async def _measure(
    driver: "Driver", command: list[str], changes: dict[str, str], questions: int
) -> Figures:
    texts = [asked.text for asked in read_questions()]
    endless = (f"{text} {number}" for number, text in enumerate(itertools.cycle(texts)))
    figures = Figures()
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *command, env=child_environment(**changes), stdout=subprocess.DEVNULL
    )
    listening = asyncio.create_task(driver.listen())
    try:
        await driver.ask("first", "syarat buka toko apa aja?", patience=_FIRST)
        figures.start = time.perf_counter() - began
        await asyncio.sleep(2)
        figures.alone = await driver.rate(1, questions // 2, endless)
        figures.together = await driver.rate(_PEOPLE, questions * 2, endless)
        latencies = await driver.latencies(questions, endless)
        figures.p50 = statistics.median(latencies) * 1000
        figures.p95 = statistics.quantiles(latencies, n=20)[-1] * 1000
        figures.memory = memory(process.pid, "VmHWM")
    finally:
        listening.cancel()
        process.terminate()
        await process.wait()
    return figures


@dataclass(slots=True)
class Driver:
    """Asks in the name of many people, and notes when each of them is answered."""

    client: httpx.AsyncClient
    waiting: dict[str, asyncio.Future[float]] = field(default_factory=dict)

    async def listen(self) -> None:
        after = 0
        while True:
            response = await self.client.get(
                "/control/sent", params={"after": after, "timeout": 20}
            )
            news = response.json()
            after = news["last"]
            for sent in news["sent"]:
                if sent["method"] == "sendMessage" and sent["person"] in self.waiting:
                    self.waiting.pop(sent["person"]).set_result(time.perf_counter())

    async def ask(self, person: str, text: str, *, patience: float = _LONGEST) -> float:
        """Return the seconds from asking to the answer."""
        answered = self.waiting[person] = asyncio.get_running_loop().create_future()
        began = time.perf_counter()
        response = await self.client.post("/control/say", json={"person": person, "text": text})
        response.raise_for_status()
        return float(await asyncio.wait_for(answered, patience) - began)

    async def rate(self, people: int, questions: int, texts: Iterator[str]) -> float:
        """Return answers a second while each of the people always waits for one."""

        async def one(name: str) -> None:
            for _ in range(questions // people):
                await self.ask(name, next(texts))

        began = time.perf_counter()
        await asyncio.gather(*(one(f"p{number}") for number in range(people)))
        return questions // people * people / (time.perf_counter() - began)

    async def latencies(self, questions: int, texts: Iterator[str]) -> list[float]:
        """Return how long each answer took, at a steady rate."""
        asking = []
        for number in range(questions):
            asking.append(asyncio.create_task(self.ask(f"r{number}", next(texts))))
            await asyncio.sleep(1 / _RATE)
        return await asyncio.gather(*asking)


@contextlib.asynccontextmanager
async def simulator(chats: Path) -> AsyncIterator[str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "simulator", "--listen", "127.0.0.1:0"),
        *("--chats", str(chats)),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout
    line = (await process.stdout.readline()).decode()
    match = re.search(r"http://\S+", line)
    assert match, line
    try:
        yield match[0]
    finally:
        process.terminate()
        await process.wait()


def memory(pid: int, kind: str = "VmRSS") -> float:
    """Return the memory a process holds, or has held at most (`VmHWM`), in MB."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    match = re.search(rf"{kind}:\s+(\d+) kB", status)
    return int(match[1]) / 1024 if match else float("nan")


def _print(measured: dict[str, list[Figures]]) -> None:
    rounds = len(next(iter(measured.values())))
    others = list(measured)[1:]
    ratios = [f"Akar / {name}" for name in others]
    table = Table("", *measured, *ratios, title=f"medians of {rounds} rounds, in turn")
    for label, name in ROWS.items():
        values = {bot: [getattr(each, name) for each in all_] for bot, all_ in measured.items()}
        medians = [f"{statistics.median(column):.1f}" for column in values.values()]
        compared = [f"{_ratio(values['Akar'], values[other]):.2f}" for other in others]
        table.add_row(label, *medians, *compared)
    Console(width=120).print(table)


def _ratio(ours: list[float], others: list[float]) -> float:
    """Return the median of the rounds' ratios."""
    return statistics.median(our / other for our, other in zip(ours, others, strict=True))
