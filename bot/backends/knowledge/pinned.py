"""Pinned questions: what a version must answer with before it may go live."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple

from bot.backends.knowledge.content import PINNED
from bot.backends.knowledge.findings import Finding
from bot.backends.knowledge.served import Served


class Tried(NamedTuple):
    """What a question got from a version that is tried."""

    outcome: str
    card: str
    text: str
    """As a person would read it."""


Answering = Callable[[Served, Sequence[str]], Awaitable[Sequence[Tried]]]
"""Answers questions from a version as a person would be answered."""


def broken_pins(
    pinned: Mapping[str, str], tried: Sequence[Tried], *, lines: Mapping[str, int]
) -> tuple[Finding, ...]:
    """Return the pinned questions, in their order, that got something else than is pinned."""
    return tuple(
        Finding(
            PINNED,
            lines.get(question, 1),
            "PINNED_BROKEN",
            {"question": question, "expected": expected, "came": came.card or came.outcome},
        )
        for (question, expected), came in zip(pinned.items(), tried, strict=True)
        if expected not in (came.outcome, came.card)
    )
