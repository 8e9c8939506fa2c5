"""Fits what tells the families of products apart to their names."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bot.backends.knowledge.pieces import BUCKETS, bucket, pieces
from bot.core.messages import Language

Array = np.ndarray[Any, Any]
Name = tuple[str, Language | None]
"""A name with its language, if that is known."""

_ROUNDS = 8  # Looks at each name; more are surer of themselves and righter by nothing.
_KEPT = 0.5  # Of the pieces of a name, each time it is looked at.
_TOGETHER = 128  # Names that one step is fitted to.
_STEP = 0.5
_DECAY = 1e-6


@dataclass(frozen=True, slots=True)
class Rows:
    """The pieces of several names, one after the other, each with its place and its weight."""

    places: Array
    values: Array
    starts: Array
    lengths: Array

    @classmethod
    def of(cls, names: Sequence[Name], rare: Array | None = None) -> "Rows":
        """Take names to pieces, each of which weighs as much as it is rare."""
        lists = [sorted({bucket(piece) for piece in pieces(*name)}) or [0] for name in names]
        lengths = np.array([len(each) for each in lists])
        places = np.concatenate([np.array(each) for each in lists])
        starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        values = np.ones(len(places), np.float32)
        if rare is not None:
            values = rare[places].astype(np.float32)  # Faster than the halves they are kept as.
        return cls.weighed(places, values, starts, lengths)

    @classmethod
    def weighed(cls, places: Array, values: Array, starts: Array, lengths: Array) -> "Rows":
        """Give all names the same weight, however many pieces they have."""
        norms = np.sqrt(np.add.reduceat(values * values, starts))
        return cls(places, values / np.repeat(norms, lengths), starts, lengths)

    def some(self, rows: Array) -> "Rows":
        """Return these rows alone."""
        lengths = self.lengths[rows]
        starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        within = np.arange(lengths.sum()) - np.repeat(starts, lengths)
        taken = np.repeat(self.starts[rows], lengths) + within
        return Rows(self.places[taken], self.values[taken], starts, lengths)

    def thinned(self, chance: np.random.Generator) -> "Rows":
        """Leave pieces out by chance, so that those left must tell a name by themselves."""
        kept = chance.random(len(self.places)) < _KEPT
        kept[self.starts[~np.logical_or.reduceat(kept, self.starts)]] = True
        lengths = np.add.reduceat(kept.astype(np.int64), self.starts)
        starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        return Rows.weighed(self.places[kept], self.values[kept], starts, lengths)

    def odds(self, weights: Array) -> Array:
        """Return the log-odds of every family for every name."""
        found: Array = np.add.reduceat(
            weights[self.places] * self.values[:, None], self.starts, axis=0
        )
        return found


def rarity(names: Sequence[Name]) -> Array:
    """Return how rare the pieces of each bucket are: the logarithm of how few names hold them."""
    counts = np.zeros(BUCKETS, np.float32)
    np.add.at(counts, Rows.of(names).places, 1)
    rare: Array = np.log1p(len(names) / np.maximum(counts, 0.5)).astype(np.float16)
    return rare


def fitted(rows: Rows, wanted: Array, groups: int, *, times: int) -> Array:
    """Fit logistic weights several times, each by chance in its own way, and average them.

    What one fit takes from chance, or from a few names, the others do not.
    """
    mean = np.zeros((BUCKETS, groups), np.float16)
    for time in range(times):  # The same names give the same model.
        mean += (_fitted_once(rows, wanted, groups, np.random.default_rng(time)) / times).astype(
            np.float16
        )
    return mean


def _fitted_once(rows: Rows, wanted: Array, groups: int, chance: np.random.Generator) -> Array:
    """Fit weights by gradient steps, each as large as the weight has yet to learn."""
    weights = np.zeros((BUCKETS, groups), np.float32)
    learnt = np.full((BUCKETS, groups), 1e-6, np.float32)
    for _ in range(_ROUNDS):
        shuffled = chance.permutation(len(wanted))
        for start in range(0, len(shuffled), _TOGETHER):
            some = shuffled[start : start + _TOGETHER]
            _learn(weights, learnt, rows.some(some).thinned(chance), wanted[some])
    return weights


def _learn(weights: Array, learnt: Array, rows: Rows, wanted: Array) -> None:
    odds = rows.odds(weights)
    wrong = np.exp(odds - odds.max(axis=1, keepdims=True))
    wrong /= wrong.sum(axis=1, keepdims=True)
    wrong[np.arange(len(wanted)), wanted] -= 1.0
    order = np.argsort(rows.places, kind="stable")
    of = np.repeat(np.arange(len(wanted)), rows.lengths)[order]
    each = wrong[of] * rows.values[order][:, None]
    places, first = np.unique(rows.places[order], return_index=True)
    known = weights[places]
    slope = np.add.reduceat(each, first, axis=0).astype(np.float32) + _DECAY * known
    learnt[places] += slope * slope
    weights[places] = known - _STEP * slope / np.sqrt(learnt[places])
