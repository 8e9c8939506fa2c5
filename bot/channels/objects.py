"""A turn as the object that programs read."""

from collections.abc import Sequence
from typing import Any

from bot.channels.formatting import plain
from bot.core.messages import (
    Clarification,
    Decided,
    Passage,
    Source,
    Turn,
)
from bot.core.render import label


def described(turn: Turn) -> dict[str, Any]:
    """Return a turn as the object that `ask --json` prints."""
    outcome = turn.outcome
    told = [passage for part in turn.parts or (turn,) if (passage := _told(part))]
    passage = _told(turn)
    sources = [_described_source(each, source) for each in told for source in each.sources]
    certain = [part.outcome.confidence for part in turn.parts or (turn,) if part.outcome]
    return {
        "outcome": outcome.name if outcome else None,
        "language": turn.language,
        "text": "\n\n".join(plain(reply.text) for reply in turn.replies),
        "body": "\n\n".join(plain(reply.body or reply.text) for reply in turn.replies),
        "confidence": _least(certain),
        "card": passage.card if passage else None,
        "sources": sources,
        "verdicts": None,
        "options": [label(each) for each in outcome.related]
        if isinstance(outcome, Clarification)
        else None,
        "parts": [described(part) for part in turn.parts] or None,
    }


def explained(turn: Turn) -> list[dict[str, Any]]:
    """Return the candidates of a turn with the numbers they were judged by."""
    return [
        {
            "card": passage.card,
            "score": round(passage.score, 4),
            "confidence": round(passage.confidence, 4),
            "evidence": {name: round(value, 4) for name, value in passage.evidence},
        }
        for passage in turn.candidates
    ]


def _told(turn: Turn) -> Passage | None:
    return turn.outcome.passage if isinstance(turn.outcome, Decided) else None


def _least(confidences: Sequence[float | None]) -> float | None:
    """Return the least of the confidences, rounded; none where one has none."""
    known = [each for each in confidences if each is not None]
    return round(min(known), 4) if known and len(known) == len(confidences) else None


def _described_source(passage: Passage, source: Source) -> dict[str, str]:
    return {
        "card": passage.card,
        "title": source.title,
        "publisher": source.publisher,
        "url": source.url,
        "as_of": source.published or passage.as_of,
    }
