"""Each update once, each chat in order, chats side by side, and what a crash left waiting."""

import asyncio
import contextlib
import heapq
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import replace

from bot.core.messages import Received
from bot.core.ports import BotError, ChannelError, LostError, Mail, StoreError, UpdateError

log = logging.getLogger(__name__)

_PAUSES = (0.2, 1.0, 5.0)  # Seconds after each failed attempt.
_LONGEST_PAUSE = 30.0  # While the surroundings fail, for as long as they do.

_Lane = tuple[int, bool]
_Entry = tuple[int, Received]
_Keeping = asyncio.Task[Sequence[Received]]


class Inbox:
    """Hands each update to `handle`: once, in the order of its chat, other chats beside it.

    A question is worked on while it is being written to disk; what is to be sent waits for that.
    Commands and button presses have a lane of their own in each chat, so that a slow answer does
    not hold them up. What fails again and again becomes a dead letter, and its chat goes on. What
    is not in memory waits in the mail, and is fetched as room comes free.
    """

    def __init__(
        self,
        mail: Mail,
        handle: Callable[[Received], Awaitable[None]],
        *,
        side_by_side: int = 64,
        max_open: int = 1_000,
        on_failed: Callable[[Received], None] = lambda _: None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.mail = mail
        self.handle = handle
        self.has_more = True
        """Something may wait in the mail that is not in memory; what comes in waits behind it."""
        self._max_open = max_open
        self._on_failed = on_failed
        self._sleep = sleep
        self._lanes: dict[_Lane, list[_Entry]] = {}
        self._open: set[int] = set()
        self._early: dict[int, _Keeping] = {}
        """What puts on disk the updates that were begun before."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._places = asyncio.Semaphore(side_by_side)
        self._is_ending = False
        self._stops = 0  # Nothing begins until what is being stopped has stopped.
        self._has_news = False
        self._came_free = asyncio.Event()

    async def receive(self, letters: Sequence[Received]) -> None:
        """Keep updates, and begin to answer them; returns once they are on disk.

        Raises:
            StoreError: they could not be kept.
        """
        busy = self._busy()
        keeping = asyncio.create_task(
            self.mail.receive(letters, early=lambda new: self._begin_early(keeping, new, busy))
        )
        new = await asyncio.shield(keeping)
        if self.has_more:
            self.look()  # Older updates of the same chats may wait, and go first.
            return
        for letter in new:
            self._enter(letter, busy)

    async def kept(self, letter: Received) -> None:
        """Return once an update is on disk that may have been begun before.

        Raises:
            LostError: it could not be kept, so that it comes in again.
        """
        if keeping := self._early.get(letter.update):
            await asyncio.wait([keeping])
            if keeping.cancelled() or keeping.exception():
                raise LostError("update_not_kept", update=letter.update)

    async def refill(self) -> None:
        """Begin to answer what waits in the mail, as far as there is room.

        Raises:
            StoreError: the mail cannot be read.
        """
        space = self._space()
        if not space:
            return
        self.has_more, self._has_news = True, False
        beside, busy = self._open, self._busy()
        letters = await self.mail.waiting(beside=beside, limit=space)
        if beside is not self._open:
            return  # What was in hand has been abandoned, and goes before these.
        self.has_more = self._has_news or len(letters) == space
        for letter in letters:
            self._enter(letter, busy)

    async def follow(self, *, every: float) -> None:
        """Refill for ever: as room comes free, and every so many seconds."""
        pause = every
        while True:
            try:
                await self.refill()
            except Exception as error:  # noqa: BLE001 - without it no update would be answered
                log.warning("what waits cannot be read, trying again: %s", _where(error))
                pause = min(pause * 2, _LONGEST_PAUSE)
            else:
                pause = every
                if self.has_more and self._space():
                    continue
            await self._wait(pause)

    def look(self) -> None:
        """Look at what waits now: somebody has brought something in."""
        self.has_more = self._has_news = True
        self._came_free.set()

    async def room(self) -> None:
        """Return once there is room for more; until then nothing should be fetched."""
        while len(self._open) >= self._max_open:
            self._came_free.clear()
            await self._came_free.wait()

    async def lull(self, *, within: float) -> None:
        """Return once nothing is in hand, and after so many seconds at the latest."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=within)

    async def finish(self, *, within: float) -> int:
        """Finish what is in hand, at most `within` seconds; return how many updates are left."""
        self._is_ending = True
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=within)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        return len(self._open)

    async def abandon(self) -> None:
        """Stop at once what is in hand: another process has taken it over."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        self._lanes = {}
        self._open = set()
        self._early = {}
        self._stops += 1
        await asyncio.gather(*tasks, return_exceptions=True)
        self._stops -= 1
        self.look()

    async def _wait(self, seconds: float) -> None:
        """Return when something waits and room has come free, and after so many seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while True:
                    self._came_free.clear()
                    await self._came_free.wait()
                    if self.has_more:
                        return

    def _space(self) -> int:
        """Return how many more updates may be begun now."""
        if self._is_ending or self._stops:
            return 0
        return self._max_open - len(self._open)

    def _busy(self) -> Collection[int]:
        """Return the chats that something is in hand of."""
        return {chat for chat, _ in self._lanes}

    def _begin_early(
        self, keeping: _Keeping, new: Sequence[Received], busy: Collection[int]
    ) -> None:
        """Begin to answer what changes nothing while it is being written to disk.

        A chat that wrote several messages waits: only what is on disk is put in order.
        """
        if self.has_more:
            return
        count = Counter(letter.chat for letter in new)
        for letter in new:
            is_alone = count[letter.chat] == 1 and letter.chat not in busy
            if is_alone and _only_asks(letter):
                self._enter(letter, busy)
                if letter.update in self._open:
                    self._early[letter.update] = keeping

    def _enter(self, letter: Received, busy: Collection[int]) -> None:
        """Begin to answer an update, or put it behind others of its chat.

        What its person chose was read while those of a `busy` chat were in hand, which may change
        it: it is read anew when its turn comes.
        """
        if letter.update in self._open:
            return
        if not self._space():
            self.has_more = True  # It is on disk, and fetched when there is room.
            return
        self._open.add(letter.update)
        lane = (letter.chat, letter.is_aside)
        beside = (letter.chat, not letter.is_aside)
        if letter.chat in busy or lane in self._lanes or beside in self._lanes:
            letter = replace(letter, settings=None)
        if lane in self._lanes:
            heapq.heappush(self._lanes[lane], (letter.update, letter))
            return
        self._lanes[lane] = [(letter.update, letter)]
        task = asyncio.create_task(self._work(lane))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _work(self, lane: _Lane) -> None:
        waiting = self._lanes[lane]
        while waiting and not self._is_ending:
            async with self._places:
                if self._is_ending:
                    break
                _, letter = heapq.heappop(waiting)
                await self._attempt(letter)
            self._open.discard(letter.update)
            self._early.pop(letter.update, None)
            self._came_free.set()
        if not self._is_ending:
            del self._lanes[lane]
            await self._release(lane)

    async def _release(self, lane: _Lane) -> None:
        chat, is_aside = lane
        if (chat, not is_aside) in self._lanes:
            return
        try:
            await self.mail.release(chat)
        except StoreError as error:
            log.warning("chat %s was not let go: %s", chat, error)

    async def _attempt(self, letter: Received) -> None:
        """Answer one update; whatever is wrong with that, its chat goes on."""
        try:
            await self._answer(letter)
        except Exception as error:  # noqa: BLE001 - it waits in the mail, and is fetched again
            log.error("update %s is put off: %s", letter.update, _where(error))  # noqa: TRY400

    async def _answer(self, letter: Received) -> None:
        """Answer one update, again and again while the surroundings fail."""
        attempts, pause = letter.attempts, 1.0
        while True:
            try:
                await self._handled(letter)
            except LostError as error:
                log.warning("update %s: %s", letter.update, error)
                return
            except UpdateError as error:
                log.error("update %s: %s", letter.update, error)  # noqa: TRY400 - as below
                await self._give_up(letter, error)
                return
            except (StoreError, ChannelError) as error:  # The reply waits until it can be sent.
                log.warning("update %s waits: %s", letter.update, error)
                await self._sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
            except Exception as error:  # noqa: BLE001 - a bad update must not block its chat
                attempts += 1
                log.error(  # noqa: TRY400 - a traceback may hold what a person wrote
                    "update %s failed, attempt %s: %s", letter.update, attempts, _where(error)
                )
                if attempts > len(_PAUSES):
                    await self._give_up(letter, error)
                    return
                await self._note(letter, error, is_final=False)
                await self._sleep(_PAUSES[attempts - 1])
            else:
                return

    async def _handled(self, letter: Received) -> None:
        """Have an update answered; what fails is heard of once the update is on disk."""
        try:
            await self.handle(letter)
        except Exception:
            await self.kept(letter)
            raise

    async def _give_up(self, letter: Received, error: Exception) -> None:
        """Make an update a dead letter, however long that takes."""
        while not await self._note(letter, error, is_final=True):
            await self._sleep(_LONGEST_PAUSE)
        self._on_failed(letter)

    async def _note(self, letter: Received, error: Exception, *, is_final: bool) -> bool:
        """Note a failed attempt; return whether that could be done."""
        try:
            await self.mail.fail(letter, _where(error), is_final=is_final)
        except StoreError as away:
            log.warning("update %s: its failure was not noted: %s", letter.update, away)
            return False
        return True


def _only_asks(letter: Received) -> bool:
    """Say whether a message is by somebody who is in the middle of nothing, to the bot alone."""
    is_free = letter.settings is not None and not letter.settings.has_places
    return is_free and letter.chat == letter.person and not letter.is_aside and not letter.is_edit


def _where(error: Exception) -> str:
    """Name an error and the line it comes from, without its text, which may be a person's."""
    if isinstance(error, BotError):
        return str(error)
    place = error.__traceback__
    while place and place.tb_next:
        place = place.tb_next
    file = place.tb_frame.f_code.co_filename.rpartition("/")[2] if place else "?"
    return f"{type(error).__name__} in {file}:{place.tb_lineno if place else 0}"
