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
    Verdict,
    Verdicts,
    WhoSells,
)
from bot.core.render import label


def described(turn: Turn) -> dict[str, Any]:
    """Return a turn as the object that `ask --json` prints."""
    outcome = turn.outcome
    told = cited(turn)
    passage = next(iter(_told(turn)), None)
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
        "verdicts": [_described_verdict(each) for each in outcome.verdicts]
        if isinstance(outcome, Verdicts)
        else None,
        "options": _options(turn) if isinstance(outcome, Clarification | WhoSells) else None,
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


def cited(turn: Turn) -> Sequence[Passage]:
    """Return the cards that a turn and its parts rest on."""
    return [passage for part in turn.parts or (turn,) for passage in _told(part)]


def _told(turn: Turn) -> Sequence[Passage]:
    """Return the cards that a turn rests on, the one that is told first."""
    match turn.outcome:
        case Verdicts(passages=passages):
            return passages
        case outcome if isinstance(outcome, Decided) and outcome.passage:
            return (outcome.passage,)
        case _:
            return ()


def _options(turn: Turn) -> list[str]:
    """Return the labels of the buttons under a question back."""
    if isinstance(turn.outcome, Clarification):
        return [label(each) for each in turn.outcome.related]
    return [button.label for reply in turn.replies for row in reply.keyboard for button in row]


def _described_verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "product": verdict.product,
        "status": verdict.status,
        "cluster": verdict.cluster,
        "confidence": round(verdict.confidence, 4),
    }


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
