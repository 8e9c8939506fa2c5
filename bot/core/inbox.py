"""Each update once, each chat in order, chats side by side."""

import asyncio
import logging
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable

from bot.core.messages import Command, Incoming, Press

log = logging.getLogger(__name__)

_REMEMBERED = 10_000  # Update ids; Telegram repeats an update within minutes, if at all.


class Inbox:
    """Hands each incoming to `handle`: once, in the order of its chat, other chats beside it.

    Commands and button presses have a lane of their own in each chat, so that a slow answer does
    not hold them up. What fails is logged by its update id, and its chat goes on.
    """

    def __init__(
        self,
        handle: Callable[[Incoming], Awaitable[None]],
        *,
        side_by_side: int = 64,
        max_open: int = 2_000,
    ) -> None:
        self.handle = handle
        self._lanes: dict[tuple[int, bool], deque[Incoming]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._seen: OrderedDict[int, None] = OrderedDict()
        self._places = asyncio.Semaphore(side_by_side)
        self._room = asyncio.Semaphore(max_open)

    async def receive(self, incoming: Incoming) -> None:
        """Take in an incoming; waits while too many are open, so that memory stays bounded."""
        if incoming.update in self._seen:
            return
        await self._room.acquire()
        self._remember(incoming.update)
        lane = (incoming.sender.chat, isinstance(incoming, Command | Press))
        if lane in self._lanes:
            self._lanes[lane].append(incoming)
            return
        self._lanes[lane] = deque([incoming])
        task = asyncio.create_task(self._work(lane))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def finish(self, *, within: float) -> int:
        """Wait for what is in hand, at most `within` seconds; return how many are left."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=within)
            for task in late:
                task.cancel()
        return sum(len(waiting) for waiting in self._lanes.values())

    def _remember(self, update: int) -> None:
        self._seen[update] = None
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)

    async def _work(self, lane: tuple[int, bool]) -> None:
        waiting = self._lanes[lane]
        while waiting:
            async with self._places:
                await self._handle(waiting[0])
            waiting.popleft()
            self._room.release()
        del self._lanes[lane]

    async def _handle(self, incoming: Incoming) -> None:
        try:
            await self.handle(incoming)
        except Exception:  # A bad update must not block its chat.
            log.exception("update %s could not be handled", incoming.update)
