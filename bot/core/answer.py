"""Answer from passages, or abstain."""

from collections.abc import Sequence

from bot.core.messages import Abstention, Answer, Decided, Passage

_RELATED = 2


def answer(
    passages: Sequence[Passage], *, min_confidence: float, linked: Sequence[Passage] = ()
) -> Decided:
    """Take the best passage if it is likely enough to answer; abstain otherwise.

    `linked` are the cards that the best one refers to.
    """
    best, rest = (passages[0], passages[1:]) if passages else (None, ())
    if best is None or best.confidence < min_confidence:
        near = [passage for passage in passages if not passage.unknown]
        return Abstention(best.confidence if best else 0.0, related=tuple(near[:_RELATED]))
    if best.unknown:
        return Abstention(best.confidence, best, related(best, rest, linked=linked))
    return Answer(best, related(best, rest, linked=linked))


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
