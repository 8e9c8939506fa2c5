"""What the page is told as it happens."""

import asyncio

from bot.channels.simulator.state.database import Json

_MOST_WAITING = 1000


class Events:
    """Everyone who listens hears everything from then on."""

    def __init__(self) -> None:
        self._listeners: set[asyncio.Queue[Json | None]] = set()

    def publish(self, event: Json) -> None:
        """Tell everyone who listens; who does not keep up is let go."""
        for listener in list(self._listeners):
            if listener.qsize() >= _MOST_WAITING:
                self.leave(listener)
                listener.put_nowait(None)
            else:
                listener.put_nowait(event)

    def listen(self) -> "asyncio.Queue[Json | None]":
        """A queue of events, ended by None."""
        listener: asyncio.Queue[Json | None] = asyncio.Queue()
        self._listeners.add(listener)
        return listener

    def leave(self, listener: "asyncio.Queue[Json | None]") -> None:
        """Stop listening."""
        self._listeners.discard(listener)

    def end(self) -> None:
        """Let everyone go."""
        for listener in self._listeners:
            listener.put_nowait(None)
        self._listeners.clear()
