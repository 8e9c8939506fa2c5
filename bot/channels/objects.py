"""A turn as the object that programs read."""

from typing import Any

from bot.channels.formatting import plain
from bot.core.messages import (
    Decided,
    Passage,
    Source,
    Turn,
)


def described(turn: Turn) -> dict[str, Any]:
    """Return a turn as the object that `ask --json` prints."""
    outcome = turn.outcome
    passage = outcome.passage if isinstance(outcome, Decided) else None
    text = "\n\n".join(plain(reply.text) for reply in turn.replies)
    return {
        "outcome": outcome.name if outcome else None,
        "language": turn.language,
        "text": text,
        "body": "\n\n".join(plain(reply.body or reply.text) for reply in turn.replies),
        "confidence": _rounded(outcome.confidence if outcome else None),
        "card": passage.card if passage else None,
        "sources": [_described_source(passage, source) for source in passage.sources]
        if passage
        else [],
        "verdicts": None,
        "options": None,
        "parts": None,
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


def _rounded(confidence: float | None) -> float | None:
    return None if confidence is None else round(confidence, 4)


def _described_source(passage: Passage, source: Source) -> dict[str, str]:
    return {
        "card": passage.card,
        "title": source.title,
        "publisher": source.publisher,
        "url": source.url,
        "as_of": source.published or passage.as_of,
    }
