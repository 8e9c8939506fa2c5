"""What a channel tells of what goes on in it."""

from typing import Protocol

from bot.core.messages import Incoming, Turn


class Observer(Protocol):
    """Hears what goes on in the channel."""

    def received(self, count: int) -> None:
        """Hear that updates came in."""

    def turned(self, outcome: str, seconds: float) -> None:
        """Hear of a reply, and how long after its question it was sent."""

    def refused(self, reason: str) -> None:
        """Hear that Telegram did not take a call: rate, blocked, rejected or away."""

    def failed(self) -> None:
        """Hear of a dead letter."""


class Unobserved:
    """An `Observer` that forgets what it hears."""

    def received(self, count: int) -> None:
        """Forget it."""

    def turned(self, outcome: str, seconds: float) -> None:
        """Forget it."""

    def refused(self, reason: str) -> None:
        """Forget it."""

    def failed(self) -> None:
        """Forget it."""


class Audience(Protocol):
    """Hears each turn as it is taken, for whoever plays or records a conversation."""

    def decided(self, incoming: Incoming, turn: Turn) -> None:
        """Hear what is answered to an update, before it is sent."""

    def done(self, update: int) -> None:
        """Hear that an update is answered: whatever is sent to it has been sent."""

    def failed(self, update: int) -> None:
        """Hear that an update cannot be answered."""


class Nobody:
    """An `Audience` that does not listen."""

    def decided(self, incoming: Incoming, turn: Turn) -> None:
        """Do not listen."""

    def done(self, update: int) -> None:
        """Do not listen."""

    def failed(self, update: int) -> None:
        """Do not listen."""


class Both:
    """An `Audience` of two."""

    def __init__(self, one: Audience, other: Audience) -> None:
        self._two = (one, other)

    def decided(self, incoming: Incoming, turn: Turn) -> None:
        """Tell both."""
        for each in self._two:
            each.decided(incoming, turn)

    def done(self, update: int) -> None:
        """Tell both."""
        for each in self._two:
            each.done(update)

    def failed(self, update: int) -> None:
        """Tell both."""
        for each in self._two:
            each.failed(update)
