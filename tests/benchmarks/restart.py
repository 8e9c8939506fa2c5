"""Kills the bot with a thousand messages in hand, and times how soon it answers again."""

import asyncio
import itertools
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import httpx
import typer
from rich.console import Console
from rich.table import Table

from bot.app.assembly import open_state
from bot.backends.store.mail import backlog_of
from bot.settings import Settings, child_environment
from tests.benchmarks.folders import indexed_folder
from tests.benchmarks.questions import read_questions
from tests.benchmarks.speed import simulator

_PEOPLE = 250
_MORE = 1.5  # Times as many are asked as should wait: some are answered before the kill.


@dataclass(frozen=True, slots=True)
class Restarted:
    """How many messages waited, and the seconds from the start of the process."""

    waiting: int
    first: float
    """To its first answer."""
    last: float
    """Until nothing waited any more."""


async def restart(messages: int, *, data: Path, folder: Path) -> Restarted:
    """Ask, kill the bot with so many in hand, start it; `data` is a folder with a whole index."""
    async with (
        simulator(folder / "chats.sqlite3") as url,
        httpx.AsyncClient(base_url=url, timeout=60, trust_env=False) as client,
    ):
        settings = {"AKAR_TELEGRAM_URL": url, "AKAR_DATA": str(data), "AKAR_RATE": "0"}
        environment = child_environment(**settings, AKAR_PERSON_RATE="100000")
        await _ask(client, round(messages * _MORE))
        bot = await _start(environment)
        await _until(data, lambda waiting: waiting >= messages)
        bot.kill()
        await bot.wait()
        waiting, before = await _waiting(data), await _last(client)
        began = time.perf_counter()
        bot = await _start(environment)
        try:
            await _last(client, after=before)
            first = time.perf_counter() - began
            await _until(data, lambda waiting: waiting == 0)
            return Restarted(waiting, first, time.perf_counter() - began)
        finally:
            bot.terminate()
            await bot.wait()


async def _ask(client: httpx.AsyncClient, messages: int) -> None:
    texts = itertools.cycle(question.text for question in read_questions())
    for number in range(messages):
        said = {"person": f"p{number % _PEOPLE}", "text": f"{next(texts)} {number}"}
        (await client.post("/control/say", json=said)).raise_for_status()


async def _start(environment: dict[str, str]) -> asyncio.subprocess.Process:
    command = (sys.executable, "-m", "bot", "run")
    return await asyncio.create_subprocess_exec(
        *command, env=environment, stdout=subprocess.DEVNULL
    )


async def _waiting(data: Path) -> int:
    """Return how many messages wait in the inbox of a data folder."""
    async with open_state(Settings(data=data)) as (database, _):
        return (await backlog_of(database)).waiting


async def _until(data: Path, holds: Callable[[int], bool]) -> None:
    """Return when something holds of how many messages wait."""
    while True:
        if holds(await _waiting(data)):
            return
        await asyncio.sleep(0.05)


async def _last(client: httpx.AsyncClient, *, after: int = 0) -> int:
    """Return the number of the last message sent; with `after`, wait for a later one."""
    while True:
        parameters = {"after": after, "timeout": 20 if after else 0}
        news = (await client.get("/control/sent", params=parameters)).json()
        if not after or any(entry["method"] == "sendMessage" for entry in news["sent"]):
            return int(news["last"])
        after = news["last"]


def main(
    messages: Annotated[int, typer.Option(help="How many wait at the restart.")] = 1000,
) -> None:
    """Kill the bot while a thousand messages wait; print how soon the next start answers."""
    with indexed_folder() as folder:
        found = asyncio.run(restart(messages, data=folder / "data", folder=folder))
    table = Table("", "after kill -9")
    table.add_row("messages waiting", str(found.waiting))
    table.add_row("start to first answer, s", f"{found.first:.1f}")
    table.add_row("start until nothing waits, s", f"{found.last:.1f}")
    Console(width=100).print(table)
