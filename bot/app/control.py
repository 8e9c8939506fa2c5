"""Reports of what goes on in the bot, to whoever started it."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from bot.app.assembly import App
from bot.channels.objects import described
from bot.core.messages import Incoming, Turn
from bot.core.ports import BotError

OnTurn = Callable[[Incoming, Turn], Awaitable[None]]
Report = Callable[[Mapping[str, object]], Awaitable[None]]


@asynccontextmanager
async def control(path: Path | None) -> AsyncIterator[Report | None]:
    """Report what goes on, such as each delivered turn, on a socket if there is one."""
    if path is None:
        yield None
        return
    _, writer = await asyncio.open_unix_connection(path)

    async def report(line: Mapping[str, object]) -> None:
        writer.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
        await writer.drain()

    try:
        yield report
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def reporting(report: Report | None) -> OnTurn | None:
    """Return what reports a turn once it is delivered, if anybody listens."""
    if report is None:
        return None

    async def on_turn(incoming: Incoming, turn: Turn) -> None:
        await report({"update": incoming.update, "turn": described(turn)})

    return on_turn


async def tell_whole(app: App, publishing: asyncio.Task[None], report: Report) -> None:
    """Report once the folder as it is now is served with its vectors, or why it is not."""
    await asyncio.wait({publishing})
    try:
        await app.search("?", limit=1)  # Waits for the first vectors, which `follow` opens.
        await app.knowledge.open_whole()
    except BotError as error:
        await report({"state": error.code})
    else:
        await report({"state": "whole"})
