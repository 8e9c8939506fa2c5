"""The space in which questions and the texts of cards are compared by meaning."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from bot.backends.knowledge.quantized import Quantized, Rows

Array = np.ndarray[Any, Any]

WEIGHTS = np.array([0.3, 0.2, 0.2, 0.1, 0.1, 0.1])
"""Of a card's nearest texts, nearest first; the three nearest alone rank worse (measured).

Where most cards have no lines that they are asked for with, the nearest one counts alone.
"""

ABSENT = -2.0
"""Less than any cosine: of a text that is not to be found."""

_SHELVES = 12
_TELLING = 4  # Texts of a card, from which on it has lines that it is asked for with.
_SAMPLE = 1000  # Texts that the scale is measured on,
_AT_ONCE = 100  # so many at a time, as comparing all of them takes tens of megabytes.


def units(vectors: Array) -> Array:
    """Return the vectors at length 1."""
    lengths: Array = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / (lengths + 1e-12)


@dataclass(frozen=True, slots=True)
class Lens:
    """Looks at vectors so that what the texts of one card differ in counts for little.

    That a text is short, asks for a price or is in another language says little about which card
    is meant. How texts of one card differ is measured on the folder itself; the right card comes
    first for 8 in 100 questions more than by plain cosines (measured).
    """

    middle: Array
    turn: Array

    @classmethod
    def plain(cls, width: int) -> "Lens":
        """Return one that changes nothing."""
        return cls(np.zeros(width, dtype=np.float32), np.eye(width, dtype=np.float32))

    @classmethod
    def of(cls, vectors: Array, cards: Array) -> "Lens":
        """Measure it on an index's own texts; `cards` is the number of each one's card."""
        middle = vectors.mean(axis=0) if len(vectors) else np.zeros(vectors.shape[1])
        # That a title differs from the text under it tells nothing of how people ask.
        telling = np.bincount(cards)[cards] >= _TELLING if len(cards) else cards.astype(bool)
        apart = vectors[telling] - _means(vectors, cards)[cards[telling]]
        count, width = apart.shape
        spread, directions = np.linalg.eigh(apart.T @ apart / max(count, 1))
        if not (mean := float(spread.mean())) > 0:
            return cls.plain(width)
        # The fewer texts, the less is known of how they differ, and the less is made of it.
        doubt = mean * (1 + width / count)
        turn = directions / np.sqrt(np.maximum(spread, 0.0) + doubt)
        return cls(middle.astype(np.float32), turn.astype(np.float32))

    def __call__(self, vectors: Array) -> Array:
        """Return vectors as they look through it, at length 1."""
        return units((vectors - self.middle) @ self.turn).astype(np.float32, copy=False)


@dataclass(frozen=True, slots=True)
class Scale:
    """Cosines in units that two models have in common.

    0 is what two texts of different cards have on average, 1 what two texts of one card have.
    """

    different: float = 0.0
    same: float = 1.0

    @classmethod
    def of(cls, seen: Array, cards: Array) -> "Scale":
        """Measure the two on an index's own texts, of which a sample is enough."""
        some = np.linspace(0, len(cards) - 1, min(len(cards), _SAMPLE)).astype(int)
        total, count, nearest = 0.0, 0, [np.zeros(0)]
        for part in np.array_split(some, -(-len(some) // _AT_ONCE)) if some.size else ():
            cosines = seen[part] @ seen.T
            is_same = cards[part, None] == cards[None]
            total += float(cosines[~is_same].sum(dtype=float))
            count += int((~is_same).sum())
            is_same[np.arange(len(part)), part] = False
            nearest.append(np.where(is_same, cosines, ABSENT).max(axis=1))
        same = np.concatenate(nearest)
        same = same[same > ABSENT]
        if not count or not same.size:
            return cls()
        different = total / count
        return cls(different, max(float(same.mean()), different + 1e-3))

    def __call__(self, cosines: Array) -> Array:
        """Return cosine similarities in these units."""
        scaled: Array = (cosines - self.different) / (self.same - self.different)
        return scaled


@dataclass(frozen=True)
class Space:
    """The texts of an index as they are compared, card by card."""

    rows: Mapping[str, Array]
    """Of each card the places of its texts."""
    lens: Lens
    seen: Quantized
    """A vector for each text, as it looks through the lens."""
    weights: Array
    """Of a card's nearest texts, nearest first."""
    scale: Scale = Scale()

    @classmethod
    def of(cls, vectors: Array, cards: Sequence[str], *, has_lines: bool = True) -> "Space":
        """Build it of texts' vectors, which are of these cards.

        Without asked lines, how the texts of a card differ tells nothing of how people ask.
        """
        names = tuple(dict.fromkeys(cards))
        places = {name: place for place, name in enumerate(names)}
        numbers = np.array([places[card] for card in cards], dtype=int)
        lens = Lens.of(vectors, numbers) if has_lines else Lens.plain(vectors.shape[1])
        seen = lens(vectors)
        is_asked = has_lines and bool(numbers.size) and np.median(np.bincount(numbers)) >= _TELLING
        weights = WEIGHTS if is_asked else WEIGHTS[:1]
        scale = Scale.of(seen, numbers)
        return cls(rows_of(names, numbers), lens, Quantized.of(seen), weights, scale)

    def cosines(self, vectors: Array) -> Array:
        """Return how near each text is to each vector: a row for each vector."""
        return self.seen.cosines(self.lens(vectors))

    def likeness(self, cosines: Array) -> Array:
        """Return how like its nearest texts each card is, on the scale: in each row."""
        rest = np.full((len(cosines), 1), ABSENT, dtype=cosines.dtype)
        filled = np.concatenate([cosines, rest], axis=1)
        mean = np.zeros((len(cosines), len(self.rows)))
        for shelf in self._shelves:
            mean[:, shelf.cards] = _weighed(filled[:, shelf.rows], self.weights)
        return self.scale(mean)

    def nearest(self, vector: Array, *, limit: int) -> list[str]:
        """Return the cards of the texts that are nearest to a vector."""
        if not self.rows:
            return []
        (cosines,) = self.cosines(vector[None])
        nearest = np.argpartition(-cosines, min(limit, len(cosines) - 1))[:limit]
        return list(dict.fromkeys(self._cards[place] for place in nearest))

    def similarities(self, vector: Array, near: Collection[str]) -> dict[str, float]:
        """Return how like a question each of the cards `near` it is."""
        held = [self.rows[name] for name in near]
        if not held:
            return {}
        sizes = np.array([len(rows) for rows in held])
        is_filled = np.arange(sizes.max()) < sizes[:, None]
        cosines = np.full(is_filled.shape, ABSENT, dtype=np.float32)
        looked = self.lens(vector)
        cosines[is_filled] = np.concatenate([self.seen.dots(looked, _span(rows)) for rows in held])
        return dict(zip(near, self.scale(_weighed(cosines, self.weights)).tolist(), strict=True))

    @cached_property
    def _cards(self) -> Sequence[str]:
        """Return the card of each text."""
        return [
            card
            for _, card in sorted(
                (place, card) for card, rows in self.rows.items() for place in rows.tolist()
            )
        ]

    @cached_property
    def _shelves(self) -> Sequence["_Shelf"]:
        """Put the cards on shelves by the number of texts, so that few places stay empty."""
        held = list(self.rows.values())
        by_size = sorted(range(len(held)), key=lambda card: len(held[card]))
        parts = np.array_split(by_size, min(_SHELVES, len(held))) if held else []
        return [_Shelf.of(some, held, empty=len(self.seen)) for some in parts]


def _span(rows: Array) -> Rows:
    """Return the places of a card's texts as a slice, if they lie together, as most do."""
    first, end = int(rows[0]), int(rows[-1]) + 1
    return slice(first, end) if end - first == len(rows) else rows


def rows_of(names: Sequence[str], numbers: Array) -> Mapping[str, Array]:
    """Return the places of each card's texts; `numbers` says which card each text is of."""
    ends = np.cumsum(np.bincount(numbers))[:-1]
    rows = np.split(np.argsort(numbers, kind="stable"), ends)
    return dict(zip(names, rows, strict=False))


class _Shelf(NamedTuple):
    """Cards of about the same number of texts."""

    cards: Array
    rows: Array
    """For each card the places of its texts, filled up with the number of all texts."""

    @classmethod
    def of(cls, some: Array, held: Sequence[Array], *, empty: int) -> "_Shelf":
        rows = np.full((len(some), max(len(held[card]) for card in some)), empty)
        for place, card in enumerate(some):
            rows[place, : len(held[card])] = held[card]
        return cls(some, rows)


def _weighed(cosines: Array, weights: Array) -> Array:
    """Return the mean of the nearest texts of each card by their weights."""
    count = min(len(weights), cosines.shape[-1])
    nearest = -np.sort(-np.partition(cosines, -count, axis=-1)[..., -count:], axis=-1)
    counted = weights[:count] * (nearest > ABSENT)
    mean: Array = (counted * nearest).sum(axis=-1) / np.maximum(counted.sum(axis=-1), 1e-9)
    return mean


def _means(vectors: Array, cards: Array) -> Array:
    """Return the mean vector of each card's texts."""
    counts = np.bincount(cards)
    firsts = np.cumsum(counts) - counts
    sums = np.add.reduceat(vectors[np.argsort(cards, kind="stable")], firsts, dtype=float)
    means: Array = sums / counts[:, None]
    return means
