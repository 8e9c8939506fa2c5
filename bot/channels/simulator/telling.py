"""Tells the simulator of each turn, so that a chat can be recorded as a script."""

import asyncio
import importlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from bot.channels.objects import described
from bot.core.messages import Incoming, Turn

_TIMEOUT = 5.0


class Teller:
    """An `Audience` that posts what it hears; what does not arrive is not told."""

    def __init__(self, url: str) -> None:
        self._url = f"{url.rstrip('/')}/control/turn"
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
        """Tell of one turn after the other, for ever."""
        first = await self._waiting.get()
        self._waiting.put_nowait(first)  # Nothing is imported before it is needed.
        aiohttp = await asyncio.to_thread(importlib.import_module, "aiohttp")
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(_TIMEOUT)) as client:
            while True:
                update, turn = await self._waiting.get()
                body = {"update_id": update, "turn": described(turn)}
                with suppress(aiohttp.ClientError, TimeoutError):
                    async with client.post(self._url, json=body):
                        pass


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
