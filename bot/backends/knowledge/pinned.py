"""Pinned questions: what a version must answer with before it may go live."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from bot.backends.knowledge.content import PINNED
from bot.backends.knowledge.findings import Finding
from bot.backends.knowledge.served import Served

Answering = Callable[[Served, Sequence[str]], Awaitable[Sequence[tuple[str, str]]]]
"""Answers questions from a version as a person would be; returns each outcome, and its card."""


async def broken_pins(
    served: Served, answering: Answering, *, lines: Mapping[str, int]
) -> tuple[Finding, ...]:
    """Ask a version its pinned questions; return those with another answer than is pinned."""
    pinned = served.content.pinned
    came = await answering(served, list(pinned))
    return tuple(
        Finding(
            PINNED,
            lines.get(question, 1),
            "PINNED_BROKEN",
            {"question": question, "expected": expected, "came": card or outcome},
        )
        for (question, expected), (outcome, card) in zip(pinned.items(), came, strict=True)
        if expected not in (outcome, card)
    )
