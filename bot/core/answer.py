"""Answer from passages, or abstain."""

from collections.abc import Sequence

from bot.core.messages import Abstention, Answer, Outcome, Passage

_RELATED = 2


def answer(
    passages: Sequence[Passage], *, min_confidence: float, linked: Sequence[Passage] = ()
) -> Outcome:
    """Take the best passage if it is likely enough to answer; abstain otherwise.

    `linked` are the cards that the best one refers to: they are offered first, then others of
    its file, of its topic, and what else is near.
    """
    best, rest = (passages[0], tuple(passages[1:])) if passages else (None, ())
    if best is None or best.confidence < min_confidence:
        return Abstention(best.confidence if best else 0.0)
    near = sorted(
        rest,
        key=lambda passage: (_file(passage) != _file(best), passage.topic != best.topic),
    )
    others = {passage.card: passage for passage in (*linked, *near) if not passage.unknown}
    others.pop(best.card, None)
    related = tuple(others.values())[:_RELATED]
    if best.unknown:
        return Abstention(best.confidence, best, related)
    return Answer(best, related)


def _file(passage: Passage) -> str:
    return passage.card.partition("#")[0]
