"""Kills the bot while it announces something to many people, and counts who got it how often."""

import asyncio
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import httpx
import typer
from rich.console import Console
from rich.table import Table

from bot.app.assembly import open_state
from bot.backends.store.announcements import Announcements
from bot.backends.store.tables import subscriber
from bot.channels.simulator.state.people import Person
from bot.channels.simulator.state.state import State
from bot.settings import Settings, child_environment
from tests.benchmarks.folders import indexed_folder
from tests.benchmarks.speed import simulator

_FIRST, _AUTHOR = 900_000_001, 900_000_000
_TEXT = "Kelas foto, Sabtu pukul 09.00."
_PATIENCE = 120.0  # Seconds without any news after which the rest counts as left out.


@dataclass(frozen=True, slots=True)
class Told:
    """Who got an announcement."""

    people: int
    missing: int
    repeated: int
    """Messages that somebody got a second time."""
    kills: int
    seconds: float
    finished: int
    """How often its author heard that everybody has it."""


async def broadcast(people: int, *, kills: int, data: Path, folder: Path, **settings: str) -> Told:
    """Announce and kill; `data` is the bot's data folder, and `settings` are names of its own."""
    chats = folder / "chats.sqlite3"
    _meet(chats, people)
    await _announce(data, people)
    async with (
        simulator(chats) as url,
        httpx.AsyncClient(base_url=url, timeout=60, trust_env=False) as client,
    ):
        usual = {"AKAR_TELEGRAM_URL": url, "AKAR_DATA": str(data), "AKAR_RATE": "0"}
        return await _Run(client, child_environment(**usual, **settings), people).play(kills)


def _meet(chats: Path, people: int) -> None:
    """Let everybody have begun a chat with the bot."""
    state = State(chats)
    for number in (_AUTHOR, *range(_FIRST, _FIRST + people)):
        state.people.keep(Person(f"p{number}", number, "P", language="id", started=True, met=True))
    state.database.commit()
    state.close()


async def _announce(data: Path, people: int) -> None:
    """Let everybody want announcements, and one be on its way."""
    async with open_state(Settings(data=data)) as (database, cipher):
        for number in range(_FIRST, _FIRST + people):
            row = {"person": number, "language": "id", "at": 0.0}
            await database.write((subscriber.insert(), row), is_synced=False)
        announcements = Announcements(database, cipher)
        number, _ = await announcements.compose(_TEXT, author=_AUTHOR)
        await announcements.send(number)


class _Run:
    """One announcement, and what is heard of it."""

    def __init__(self, client: httpx.AsyncClient, environment: dict[str, str], people: int) -> None:
        self.client = client
        self.environment = environment
        self.people = people
        self.told: Counter[int] = Counter()
        self.last = 0
        self.heard = time.monotonic()

    async def play(self, kills: int) -> Told:
        began, bot = time.monotonic(), await self._start()
        for kill in range(1, kills + 1):
            await self._hear(self.people * kill // (kills + 1))
            bot.kill()
            await bot.wait()
            bot = await self._start()
        await self._hear(self.people, is_last=True)
        bot.terminate()
        await bot.wait()
        return self._report(kills, time.monotonic() - began)

    async def _start(self) -> asyncio.subprocess.Process:
        command = (sys.executable, "-m", "bot", "run")
        return await asyncio.create_subprocess_exec(
            *command, env=self.environment, stdout=subprocess.DEVNULL
        )

    async def _hear(self, people: int, *, is_last: bool = False) -> None:
        """Listen until so many have heard; after the last one, until its author has."""
        self.heard = time.monotonic()
        while len(self.told.keys() - {_AUTHOR}) < people or (is_last and not self.told[_AUTHOR]):
            query = {"after": self.last, "timeout": 5}
            found = (await self.client.get("/control/sent", params=query)).json()
            self.last = found["last"]
            news = [
                each for each in found["sent"] if each["ok"] and each["method"] == "sendMessage"
            ]
            self.told.update(each["chat_id"] for each in news)
            self.heard = time.monotonic() if news else self.heard
            if time.monotonic() - self.heard > _PATIENCE:
                return

    def _report(self, kills: int, seconds: float) -> Told:
        got = {person: times for person, times in self.told.items() if person != _AUTHOR}
        return Told(
            self.people,
            missing=self.people - len(got),
            repeated=sum(times - 1 for times in got.values()),
            kills=kills,
            seconds=seconds,
            finished=self.told[_AUTHOR],
        )


def main(
    people: Annotated[int, typer.Option(help="How many want it.")] = 10_000,
    kills: Annotated[int, typer.Option(help="How often the bot is killed meanwhile.")] = 3,
) -> None:
    """Announce something to ten thousand people while the bot is killed three times."""
    with indexed_folder() as folder:
        told = asyncio.run(broadcast(people, kills=kills, data=folder / "data", folder=folder))
    table = Table("", "")
    for name in ("people", "kills", "missing", "repeated"):
        table.add_row(name, f"{getattr(told, name):,}")
    table.add_row("seconds", f"{told.seconds:.0f}")
    Console(width=100).print(table)
