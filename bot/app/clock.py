"""The time as the bot takes it, which whoever plays it may set."""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta


class Clock:
    """The machine's time; after `set`, another one that goes on from there, with its zone."""

    def __init__(self, machine: Callable[[], float] = time.time) -> None:
        self._machine = machine
        self._ahead = timedelta(0)
        self._as_set: datetime | None = None

    def set(self, moment: datetime) -> None:
        """Let it be this moment now."""
        self._ahead = moment - self._machines()
        self._as_set = moment

    def now(self) -> datetime:
        """Return the moment it is."""
        now = self._machines() + self._ahead
        return now.astimezone(self._as_set.tzinfo if self._as_set else None)

    def time(self) -> float:
        """Return the seconds since the epoch."""
        return self.now().timestamp()

    def today(self) -> date:
        """Return the day it is."""
        return self.now().date()

    def _machines(self) -> datetime:
        return datetime.fromtimestamp(self._machine(), UTC)
