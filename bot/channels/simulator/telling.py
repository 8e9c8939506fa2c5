"""Tells the simulator of each turn, so that a chat can be recorded as a script."""

import asyncio
import importlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from bot.channels.objects import described
from bot.core.messages import Incoming, Turn

_TIMEOUT = 5.0
_GATHERING = 0.2  # Seconds in which further turns go along: they are told of beside the answers.


class Teller:
    """An `Audience` that posts what it hears; what does not arrive is not told."""

    def __init__(self, url: str) -> None:
        self._url = f"{url.rstrip('/')}/control/turns"
        self._waiting: asyncio.Queue[tuple[int, Turn]] = asyncio.Queue(1000)

    def decided(self, incoming: Incoming, turn: Turn) -> None:
        """Tell of a turn."""
        with suppress(asyncio.QueueFull):
            self._waiting.put_nowait((incoming.update, turn))

    def done(self, update: int) -> None:
        """Say nothing of it."""

    def failed(self, update: int) -> None:
        """Say nothing of it."""

    async def tell(self) -> None:
        """Tell of what is decided, a little later and together, for ever."""
        first = await self._waiting.get()
        self._waiting.put_nowait(first)  # Nothing is imported before it is needed.
        aiohttp = await asyncio.to_thread(importlib.import_module, "aiohttp")
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(_TIMEOUT)) as client:
            while True:
                turns = [_reported(*await self._waiting.get())]
                await asyncio.sleep(_GATHERING)
                while not self._waiting.empty():
                    turns.append(_reported(*self._waiting.get_nowait()))
                with suppress(aiohttp.ClientError, TimeoutError):
                    async with client.post(self._url, json={"turns": turns}):
                        pass


def _reported(update: int, turn: Turn) -> dict[str, Any]:
    return {"update_id": update, "turn": described(turn)}


@asynccontextmanager
async def teller(url: str) -> AsyncIterator[Teller]:
    """Tell a simulator of turns until the end of the block."""
    telling = Teller(url)
    task = asyncio.create_task(telling.tell())
    try:
        yield telling
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
