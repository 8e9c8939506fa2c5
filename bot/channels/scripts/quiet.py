"""Lets what measures time be alone on a bot, and everything else go on side by side."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Quiet:
    """A place where many can be among others, or one alone."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._busy = 0
        self._alone = 0

    @contextmanager
    def among(self) -> Iterator[None]:
        """Be there among others; not while somebody is alone, or waits to be."""
        with self._changed:
            self._changed.wait_for(lambda: not self._alone)
            self._busy += 1
        try:
            yield
        finally:
            with self._changed:
                self._busy -= 1
                self._changed.notify_all()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Be there alone."""
        with self._changed:
            self._changed.wait_for(lambda: not self._alone)
            self._alone = 1
            self._changed.wait_for(lambda: not self._busy)
        try:
            yield
        finally:
            with self._changed:
                self._alone = 0
                self._changed.notify_all()
