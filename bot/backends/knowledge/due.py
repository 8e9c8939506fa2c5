"""Which cards have grown old, or are about to, so that staff look at them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from bot.backends.knowledge.cards import Card

Kind = Literal["review_by", "valid_until", "deadline"]

_AHEAD: dict[Kind, timedelta] = {
    "review_by": timedelta(days=14),
    "valid_until": timedelta(days=14),
    "deadline": timedelta(days=-1),  # Before it has passed, nothing is to be done.
}


@dataclass(frozen=True, slots=True)
class Due:
    """A day of a card that has passed (it is before today), or comes within two weeks."""

    card: str
    kind: Kind
    day: date


def due(cards: Iterable[Card], *, today: date) -> tuple[Due, ...]:
    """Return what is due, oldest first; a card that is translated once, with its first day."""
    first: dict[tuple[str, Kind], Due] = {}
    for found in (each for card in cards for each in _days(card)):
        if found.day - today <= _AHEAD[found.kind]:
            known = first.setdefault((found.card, found.kind), found)
            first[found.card, found.kind] = min(known, found, key=lambda one: one.day)
    return tuple(sorted(first.values(), key=lambda one: (one.day, one.card, one.kind)))


def _days(card: Card) -> Iterator[Due]:
    said: dict[Kind, str] = {
        "review_by": card.review_by,
        "valid_until": card.valid_until,
        "deadline": card.deadline,
    }
    for kind, day in said.items():
        if day:
            yield Due(card.name, kind, date.fromisoformat(day))
