"""A turn as the object that programs read."""

from typing import Any, assert_never

from bot.channels.formatting import plain
from bot.core.messages import Abstention, Answer, Outcome, Passage, SmallTalk, Source, Turn


def described(turn: Turn) -> dict[str, Any]:
    """Return a turn as the object that `ask --json` prints."""
    outcome = turn.outcome
    passage = outcome.passage if isinstance(outcome, Answer | Abstention) else None
    text = "\n\n".join(plain(reply.text) for reply in turn.replies)
    return {
        "outcome": outcome_name(outcome),
        "language": turn.language,
        "text": text,
        "body": "\n\n".join(plain(reply.body or reply.text) for reply in turn.replies),
        "confidence": _confidence(outcome),
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


def outcome_name(outcome: Outcome | None) -> str | None:
    """Return the contract's name of an outcome; None where nothing was asked."""
    match outcome:
        case None:
            return None
        case Answer():
            return "answer"
        case Abstention():
            return "abstain"
        case SmallTalk():
            return "smalltalk"
        case _:
            assert_never(outcome)


def _confidence(outcome: Outcome | None) -> float | None:
    match outcome:
        case Answer(passage):
            return round(passage.confidence, 4)
        case Abstention(confidence):
            return round(confidence, 4)
        case _:
            return None


def _described_source(passage: Passage, source: Source) -> dict[str, str]:
    return {
        "card": passage.card,
        "title": source.title,
        "publisher": source.publisher,
        "url": source.url,
        "as_of": source.published or passage.as_of,
    }
