"""Compares the bot's speed with that of a tutorial's bot: same machine, same simulator, one run."""

import asyncio
import contextlib
import itertools
import random
import re
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import httpx
import typer
from rich.console import Console
from rich.table import Table

from bot.channels.simulator import TOKEN
from bot.settings import child_environment, load_settings
from tests.benchmarks.folders import indexed_folder
from tests.benchmarks.questions import read_questions

_PEOPLE = 64
_SEED = 0
_RATE = 30  # Questions a second.
_LONGEST = 60.0  # Seconds to wait for an answer;
_FIRST = 120.0  # for a bot's first, which may build its index before.


ROWS = (
    START := "start to first answer, s",
    ALONE := "answers a second, one at a time",
    TOGETHER := f"answers a second, {_PEOPLE} at once",
    MEDIAN := f"median at {_RATE} a second, ms",
    P95 := f"p95 at {_RATE} a second, ms",
    MEMORY := "most memory held, MB",
)


@dataclass(frozen=True, slots=True)
class Bot:
    """A bot's command and settings, the driver that asks it, and what was measured by row."""

    command: list[str]
    environment: dict[str, str]
    driver: "Driver"
    figures: dict[str, list[float]] = field(default_factory=lambda: {row: [] for row in ROWS})

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[int]:
        """Start it, wait for its first answer, and yield the number of its process."""
        began = time.perf_counter()
        process = await asyncio.create_subprocess_exec(
            *self.command, env=self.environment, stdout=subprocess.DEVNULL
        )
        try:
            await self.driver.ask("first", "syarat buka toko apa aja?", patience=_FIRST)
            self.figures[START].append(time.perf_counter() - began)
            yield process.pid
        finally:
            process.terminate()
            await process.wait()

    async def measure_alone(self, texts: Sequence[str]) -> None:
        self.figures[ALONE].append(await self.driver.rate(1, texts))

    async def measure_together(self, texts: Sequence[str]) -> None:
        self.figures[TOGETHER].append(await self.driver.rate(_PEOPLE, texts))

    async def measure_steady(self, texts: Sequence[str]) -> None:
        seconds = await self.driver.latencies(texts)
        self.figures[MEDIAN].append(statistics.median(seconds) * 1000)
        self.figures[P95].append(statistics.quantiles(seconds, n=20)[-1] * 1000)


def main(
    questions: Annotated[int, typer.Option(help="Questions a measurement, about.")] = 100,
    rounds: Annotated[int, typer.Option(help="Each bot in turn, so often; medians are shown.")] = 7,
) -> None:
    """Time Akar beside a tutorial's bot, and print the ratios."""
    # Telegram's limits would be all that is measured.
    environment = {"AKAR_RATE": "0", "AKAR_PERSON_RATE": "1000000"}
    with indexed_folder() as folder:
        asyncio.run(_compare(folder, environment, questions, rounds))


async def _compare(folder: Path, environment: dict[str, str], questions: int, rounds: int) -> None:
    knowledge = str(load_settings().settings.knowledge)
    modules = {
        "Akar": ["bot", "run"],
        "in memory": ["tests.benchmarks.memory_bot"],
        # It reads no settings of ours: some speed up the model.
        "tutorial": ["tests.benchmarks.tutorial_bot", "{url}", TOKEN, knowledge, "{data}"],
    }
    bots: dict[str, Bot] = {}
    async with contextlib.AsyncExitStack() as stack:
        for name, module in modules.items():
            url = await stack.enter_async_context(simulator(folder / f"{name}.chats"))
            driver = await stack.enter_async_context(Driver.on(url))
            data = str(_copy(folder, name))
            own = child_environment(**environment, AKAR_TELEGRAM_URL=url, AKAR_DATA=data)
            words = [word.format(url=url, data=data) for word in module]
            bots[name] = Bot([sys.executable, "-m", *words], own, driver)
        await _measure(list(bots.values()), questions, rounds)
    _print(bots)


def _copy(folder: Path, name: str) -> Path:
    """Return a copy of the data folder and its key: bots do not share one."""
    shutil.copy(folder / "data.key", folder / f"{name}.key")
    return shutil.copytree(folder / "data", folder / name)


async def _measure(bots: list[Bot], questions: int, rounds: int) -> None:
    """Measure the bots in turn, so that a busy moment of the machine hits all of them.

    A first round that is not kept warms files and memory, and builds the tutorial's index.
    """
    for round_, bot in itertools.product(range(rounds + 1), bots):
        async with bot.running():
            if not round_:
                bot.figures[START].clear()
    texts = [asked.text for asked in read_questions()]
    random.Random(_SEED).shuffle(texts)  # Some files are hard on purpose.
    endless = (f"{text} {number}" for number, text in enumerate(itertools.cycle(texts)))
    async with contextlib.AsyncExitStack() as stack:
        processes = [await stack.enter_async_context(bot.running()) for bot in bots]
        await asyncio.sleep(2)
        measures = ((Bot.measure_alone, 1), (Bot.measure_together, 4), (Bot.measure_steady, 2))
        for round_, (measure, times) in itertools.product(range(rounds + 1), measures):
            same = list(itertools.islice(endless, times * questions))
            for bot in bots:
                await measure(bot, same)
            if not round_:
                for bot, row in itertools.product(bots, set(ROWS) - {START}):
                    bot.figures[row].clear()
        for bot, process in zip(bots, processes, strict=True):
            bot.figures[MEMORY] = [memory(process, "VmHWM")] * rounds


@dataclass(slots=True)
class Driver:
    """Asks in the name of many people, and notes when each of them is answered."""

    client: httpx.AsyncClient
    waiting: dict[str, asyncio.Future[float]] = field(default_factory=dict)
    people: Iterator[int] = field(default_factory=itertools.count)
    """Each asks once: what somebody asks again may go on from what they asked before."""

    @classmethod
    @contextlib.asynccontextmanager
    async def on(cls, url: str) -> AsyncIterator["Driver"]:
        """Yield a driver that listens to a simulator."""
        async with httpx.AsyncClient(base_url=url, timeout=_LONGEST, trust_env=False) as client:
            driver = cls(client)
            listening = asyncio.create_task(driver.listen())
            try:
                yield driver
            finally:
                listening.cancel()

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

    async def rate(self, people: int, texts: Sequence[str]) -> float:
        """Return answers a second while so many people always wait for one."""
        left = iter(texts)

        async def one_after_the_other() -> None:
            for text in left:
                await self.ask(f"p{next(self.people)}", text)

        began = time.perf_counter()
        await asyncio.gather(*(one_after_the_other() for _ in range(people)))
        return len(texts) / (time.perf_counter() - began)

    async def latencies(self, texts: Sequence[str]) -> list[float]:
        """Return how long each answer took, at a steady rate."""
        asking = []
        for text in texts:
            asking.append(asyncio.create_task(self.ask(f"p{next(self.people)}", text)))
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


def _print(bots: dict[str, Bot]) -> None:
    ours, *others = bots
    rounds = len(bots[ours].figures[ALONE])
    ratios = [f"{ours} / {other}" for other in others]
    table = Table("", *bots, *ratios, title=f"medians of {rounds} rounds, in turn")
    for row in ROWS:
        figures = {name: bot.figures[row][:rounds] for name, bot in bots.items()}
        medians = [f"{statistics.median(each):.1f}" for each in figures.values()]
        compared = [f"{_ratio(figures[ours], figures[other]):.2f}" for other in others]
        table.add_row(row, *medians, *compared)
    Console(width=120).print(table)


def _ratio(ours: list[float], others: list[float]) -> float:
    """Return the median of the rounds' ratios."""
    return statistics.median(our / other for our, other in zip(ours, others, strict=True))
