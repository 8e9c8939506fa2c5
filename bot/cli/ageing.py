"""Prints which live cards have grown old, or soon will."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot.cli.output import say, say_rows, sentence

if TYPE_CHECKING:
    from bot.backends.knowledge.due import Due
    from bot.backends.knowledge.versions import Versions

_SHOWN = 10


async def live_due(versions: "Versions") -> "Sequence[Due]":
    """Return which live cards are due to be looked at."""
    from bot.backends.knowledge.due import due

    live = await versions.live()
    content = await versions.content(live) if live else None
    return due(content.cards, today=datetime.now(UTC).astimezone().date()) if content else ()


def say_due(found: "Sequence[Due]") -> None:
    """Print how many cards are due, and the first of them."""
    if not found:
        say(sentence("due_none"))
        return
    say(sentence("due_count", count=len(found)))
    rows = [[each.day.isoformat(), each.card, sentence(f"due_{each.kind}")] for each in found]
    say_rows(("day", "card", "due"), rows[:_SHOWN])
    if len(found) > _SHOWN:
        say(sentence("due_more", count=len(found) - _SHOWN))
