"""Times what staff wait for: a check, a publication, an edited card going live beside questions."""

import asyncio
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Annotated

import httpx
import typer
from rich.console import Console
from rich.table import Table

from bot.backends.knowledge.folder import check_folder
from bot.settings import child_environment
from tests.benchmarks.folders import indexed_folder
from tests.benchmarks.speed import memory, simulator
from tests.fakes import TODAY

_ROUNDS = 3
_LETTERS = str.maketrans("0123456789", "ghijklmnop")  # A long number would be personal data.


@dataclass(frozen=True, slots=True)
class Edited:
    """What an edit in the folder of a running bot took."""

    live: float
    """Seconds from saving to the first answer from it."""
    slowest: float
    """Seconds that the slowest question took meanwhile."""
    memory: float
    """MB that the bot holds afterwards."""


def timed(*arguments: str, environment: Mapping[str, str]) -> float:
    """Return the seconds that a command takes."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "bot", *arguments]
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


async def edit(folder: Path, *, knowledge: Path, rounds: int = _ROUNDS) -> list[Edited]:
    """Edit a card again and again while somebody asks for it."""
    async with (
        simulator(folder / "chats.sqlite3") as url,
        httpx.AsyncClient(base_url=url, timeout=60, trust_env=False) as client,
    ):
        environment = child_environment(
            AKAR_TELEGRAM_URL=url,
            AKAR_DATA=str(folder / "data"),
            AKAR_KNOWLEDGE=str(knowledge),
            AKAR_RATE="0",
            AKAR_PERSON_RATE="100000",
        )
        bot = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "run"), env=environment, stdout=subprocess.DEVNULL
        )
        try:
            await _answer(client, "halo")  # It has started.
            return [await _edit(client, knowledge, bot.pid) for _ in range(rounds)]
        finally:
            bot.terminate()
            await bot.wait()


async def _edit(client: httpx.AsyncClient, knowledge: Path, pid: int) -> Edited:
    """Give a card another beginning, and ask its first question until the answer has it."""
    card = check_folder(knowledge, today=TODAY).cards[0]
    mark = f"Versi {token_hex(4).translate(_LETTERS)}."
    path = knowledge / card.file
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(card.card.text, f"{mark} {card.card.text}"), encoding="utf-8")
    began = time.perf_counter()
    slowest = 0.0
    while True:
        asked = time.perf_counter()
        answer = await _answer(client, card.card.asked[0])
        slowest = max(slowest, time.perf_counter() - asked)
        if mark in answer:
            return Edited(time.perf_counter() - began, slowest, memory(pid))
        await asyncio.sleep(0.1)


async def _answer(client: httpx.AsyncClient, text: str) -> str:
    """Ask, and return what comes."""
    after = (await client.get("/control/sent", params={"after": 0, "timeout": 0})).json()["last"]
    (await client.post("/control/say", json={"person": "e", "text": text})).raise_for_status()
    while True:
        found = await client.get("/control/sent", params={"after": after, "timeout": 20})
        news = found.json()
        for sent in news["sent"]:
            if sent["method"] == "sendMessage":
                return str(sent["text"])
        after = news["last"]


def main(
    knowledge: Annotated[Path, typer.Argument(help="The folder to publish.")] = Path("knowledge"),
) -> None:
    """Check and publish a folder, and edit a card of it beside a running bot."""
    with indexed_folder() as folder:
        copy = Path(shutil.copytree(knowledge, folder / "knowledge"))
        environment = child_environment(AKAR_DATA=str(folder / "data"), AKAR_KNOWLEDGE=str(copy))
        timed("knowledge", "sync", environment=environment)
        check = timed("knowledge", "check", environment=environment)
        sync = timed("knowledge", "sync", environment=environment)
        edited = asyncio.run(edit(folder, knowledge=copy))
    table = Table("", "seconds")
    table.add_row("check, nothing changed", f"{check:.1f}")
    table.add_row("sync, nothing changed", f"{sync:.1f}")
    for one in edited:
        row = f"{one.live:.1f} (slowest answer {one.slowest:.1f}, then {one.memory:.0f} MB)"
        table.add_row("an edited card is live", row)
    Console(width=100).print(table)
