"""Answer from passages, ask which of two is meant, or abstain."""

from collections.abc import Sequence

from bot.core.messages import Abstention, Answer, Clarification, Found, Passage

_RELATED = 2
_UNKNOWN = 1 / 2  # Of the least confidence: from here on it is told what is not known (measured).
_NEARLY = 2 / 3  # Of the least confidence: what is less likely is not asked after.
_CLOSE = 0.5  # Of the best one's confidence that of the second, from which on they are close.


def answer(
    passages: Sequence[Passage], *, min_confidence: float, linked: Sequence[Passage] = ()
) -> Found:
    """Take the best passage if it is likely enough to answer; otherwise ask back, or abstain.

    `linked` are the cards that the best one refers to.
    """
    best, rest = (passages[0], passages[1:]) if passages else (None, ())
    least = min_confidence * _UNKNOWN if best and best.unknown else min_confidence
    if best is None or best.confidence < least:
        return _unsure(passages, min_confidence)
    if best.unknown:
        return Abstention(best.confidence, best, related(best, rest, linked=linked))
    return Answer(best, related(best, rest, linked=linked))


def _unsure(passages: Sequence[Passage], min_confidence: float) -> Found:
    """Ask which card is meant where two are nearly likely enough, and close; else abstain."""
    best, second = (*passages, None, None)[:2]
    near = tuple(passage for passage in passages if not passage.unknown)[:_RELATED]
    if (
        best
        and second
        and near == (best, second)
        and best.confidence >= min_confidence * _NEARLY
        and second.confidence >= best.confidence * _CLOSE
    ):
        return Clarification(best.confidence, near)
    return Abstention(best.confidence if best else 0.0, related=near)


def related(
    best: Passage, others: Sequence[Passage], *, linked: Sequence[Passage] = ()
) -> tuple[Passage, ...]:
    """Return what to offer beside a card: what it refers to, then others of its file or topic."""
    near = sorted(
        others,
        key=lambda passage: (_file(passage) != _file(best), passage.topic != best.topic),
    )
    offered = {passage.card: passage for passage in (*linked, *near) if not passage.unknown}
    offered.pop(best.card, None)
    return tuple(offered.values())[:_RELATED]


def _file(passage: Passage) -> str:
    return passage.card.partition("#")[0]
