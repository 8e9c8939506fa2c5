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

_ROUNDS = 5  # Looks at each name; more are surer of themselves and righter by nothing.
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
        values = np.ones(len(places), np.float32) if rare is None else rare[places]
        norms = np.sqrt(np.add.reduceat(values * values, starts))
        return cls(places, values / np.repeat(norms, lengths), starts, lengths)

    def some(self, rows: Array) -> "Rows":
        """Return these rows alone."""
        lengths = self.lengths[rows]
        starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        within = np.arange(lengths.sum()) - np.repeat(starts, lengths)
        taken = np.repeat(self.starts[rows], lengths) + within
        return Rows(self.places[taken], self.values[taken], starts, lengths)

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


def fitted(rows: Rows, wanted: Array, families: int) -> Array:
    """Fit logistic weights by gradient steps, each as large as the weight has yet to learn."""
    weights = np.zeros((BUCKETS, families), np.float32)
    learnt = np.full((BUCKETS, families), 1e-6, np.float32)
    order = np.random.default_rng(0)  # The same names give the same model.
    for _ in range(_ROUNDS):
        shuffled = order.permutation(len(wanted))
        for start in range(0, len(shuffled), _TOGETHER):
            some = shuffled[start : start + _TOGETHER]
            _learn(weights, learnt, rows.some(some), wanted[some])
    return weights


def _learn(weights: Array, learnt: Array, rows: Rows, wanted: Array) -> None:
    odds = rows.odds(weights)
    wrong = np.exp(odds - odds.max(axis=1, keepdims=True))
    wrong /= wrong.sum(axis=1, keepdims=True)
    wrong[np.arange(len(wanted)), wanted] -= 1.0
    each = np.repeat(wrong, rows.lengths, axis=0) * rows.values[:, None]
    places, where = np.unique(rows.places, return_inverse=True)
    slope = np.zeros((len(places), weights.shape[1]), np.float32)
    np.add.at(slope, where, each.astype(np.float32))
    slope += _DECAY * weights[places]
    learnt[places] += slope * slope
    weights[places] -= _STEP * slope / np.sqrt(learnt[places])
