"""What the bot sent, in order, and every exchange as a log."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from bot.channels.simulator.state.database import Database, Json, encode
from bot.core.ports import ChannelError

MOST_ENTRIES = 10_000
_KEPT = 200_000
_CLEARED_AT_ONCE = 1000


class Entry(NamedTuple):
    """Something the bot sent."""

    number: int
    text: str  # As JSON.


class Journal:
    """Numbered entries of everything the bot sent, accepted and refused; the last `kept` of them.

    Those that are too many are taken away a thousand at a time.
    """

    def __init__(self, database: Database, *, kept: int = _KEPT) -> None:
        self._database = database
        self._kept = kept
        self._changed = asyncio.Event()
        found = database.row("SELECT max(n) FROM sent")
        self.last: int = (found and found[0]) or 0

    def add(self, entry: Json) -> None:
        """Write an entry."""
        self.last = self._database.run("INSERT INTO sent (body) VALUES (?)", encode(entry))
        if self.last % _CLEARED_AT_ONCE == 0:
            self._database.run("DELETE FROM sent WHERE n <= ?", self.last - self._kept)
        self.wake()

    def after(self, number: int, *, limit: int = MOST_ENTRIES) -> list[Entry]:
        """The first entries after this number."""
        sql = "SELECT n, body FROM sent WHERE n > ? ORDER BY n LIMIT ?"
        found = self._database.rows(sql, number, limit)
        return [Entry(n, f'{{"n":{n},{body[1:]}') for n, body in found]

    async def wait_after(self, number: int, seconds: float) -> None:
        """Wait until something newer than this number is there."""
        if self.last > number or seconds <= 0:
            return
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return

    def wake(self) -> None:
        """Let everyone who waits look again."""
        self._changed.set()
        self._changed = asyncio.Event()


class Exchanges:
    """Each request and response as a line of a file, if one was asked for."""

    def __init__(self, path: Path | None, clock: Callable[[], float]) -> None:
        self._clock = clock
        try:
            self._file = path.open("a", encoding="utf-8", buffering=1) if path else None
        except OSError as error:
            raise ChannelError("file_unwritable", path=str(path), reason=str(error)) from error

    @property
    def wanted(self) -> bool:
        """Whether anybody reads along."""
        return self._file is not None

    def write(self, line: Json) -> None:
        """Add a line."""
        if self._file:
            self._file.write(encode(line | {"ts": round(self._clock(), 3)}) + "\n")

    def close(self) -> None:
        """Close the file."""
        if self._file:
            self._file.close()
