"""Who hears of what goes on while the bot runs."""

from typing import Protocol

from bot.backends.knowledge.publish import Published
from bot.core.ports import BotError


class Reports(Protocol):
    """Hears of what goes on while the bot runs."""

    def progress(self, done: int, total: int) -> None:
        """Hear how many texts are in the index; may be called from another thread."""

    def published(self, published: Published) -> None:
        """Hear what publishing did: at the start, or after the folder was changed."""

    def problem(self, error: BotError) -> None:
        """Hear of what fails for now."""

    def running(self, username: str) -> None:
        """Hear that the bot takes messages from now on."""

    def left(self, count: int) -> None:
        """Hear how many messages were taken in and not answered."""
