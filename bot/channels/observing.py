"""What a channel tells of what goes on in it."""

from typing import Protocol


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
