"""Ranks the cards for a question by meaning and by words, and names what speaks for each."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from bot.backends.knowledge.words import Fit, length

Array = np.ndarray[Any, Any]


def _standardised(scores: Array) -> Array:
    """Bring scores to mean 0 and deviation 1."""
    if not scores.size:
        return scores
    standard: Array = (scores - scores.mean()) / (scores.std() or 1.0)
    return standard


def _scaled(scores: Array) -> Array:
    """Bring scores from 0, for the least, to 1, for the most."""
    if not scores.size:
        return scores
    least = scores.min()
    scaled: Array = (scores - least) / (scores.max() - least or 1.0)
    return scaled


class Counts(NamedTuple):
    """What each search counts, and how its scores are made to compare with those of others."""

    meaning: float
    words: float
    letters: float
    near: float = 0.0
    bring: Callable[[Array], Array] = _standardised


WITH_LINES = Counts(0.6, 0.25, 0.25)
"""Where cards have lines that they are asked for with: by a grid on the questions to tune on."""
WITHOUT_LINES = Counts(1.25, 0.25, 1.45, near=1.95, bring=_scaled)
"""Where they have none: fitted on half of the passages that the README names."""

SECOND = 40
"""Cards of which it is looked at more closely how near they hold what is sought."""
_SAID = 3.0  # What it counts that a card is asked for with exactly these words.
# Beside how far a card is ahead; more tell nothing (measured).
_TOLD = ("similarity", "words", "nearness")


def fused(
    similar: Array | None, fit: Fit, counts: Counts = WITH_LINES, near: Array | None = None
) -> Array:
    """Add what the searches say of each card."""
    bring = counts.bring
    scores: Array = counts.words * bring(fit.words) + counts.letters * bring(fit.pieces)
    if similar is not None:
        scores = scores + counts.meaning * bring(similar)
    if near is not None:
        scores = scores + counts.near * bring(near)
    return scores


@dataclass(frozen=True)
class Ranking:
    """The cards in their order for one question."""

    names: Sequence[str]
    """Of all cards, in the order of the arrays."""
    fit: Fit
    similar: Array | None
    """How like the question each card is; None where no vectors are there."""
    near: Array | None
    """How near its words each of the best cards holds what it seeks; None where cards have lines.
    """
    allowed: Array
    """Whether each card may answer."""
    rivals: int
    """How many other parties the question names."""
    question: str
    said: str
    """The card that is asked for with exactly these words, if one is."""
    lacks: Callable[[str], bool]
    """Says whether a card lacks what the question seeks."""

    @property
    def counts(self) -> Counts:
        """What each search counts."""
        return WITH_LINES if self.near is None else WITHOUT_LINES

    @property
    def state(self) -> str:
        """Whether the `whole` search ranked them, or the `words` alone, and cards with lines."""
        state = "words" if self.similar is None else "whole"
        return state if self.near is None else f"{state}_without_lines"

    @cached_property
    def scores(self) -> Array:
        """What each card gets; one that may not answer less than all others."""
        return np.where(self.allowed, self._race.values, -np.inf)

    def best(self, limit: int) -> Iterator[int]:
        """Yield the places of the best cards that may answer and that anything speaks for."""
        speaks = self.fit.words > 0
        if self.similar is not None:
            speaks = speaks | (self.similar > self.similar.min(initial=np.inf))
        found = np.flatnonzero(self.allowed & speaks)
        if found.size:
            yield from found[np.argsort(-self.scores[found], kind="stable")][:limit].tolist()

    def evidence(self, place: int) -> Mapping[str, float]:
        """Return what speaks for a card, by name."""
        standing, fit = self._race.values, self.fit
        rival = self._race.rival(place)
        values = {name: float(race.values[place]) for name, race in self._searches.items()}
        leads = {f"{name}_lead": race.lead(place) for name, race in self._searches.items()}
        return {
            **{name: value for name, value in values.items() if name in _TOLD},
            **leads,
            "said": float(self.names[place] == self.said),
            "lacking": float(self.lacks(self.names[place])),
            "standing": float(standing[place]),
            "resemblance": float(fit.resemblance[place]),
            "unheard": float(fit.unheard[place]),
            "chance": 2.0 * float(standing[place]) - self._all_chances,
            "agreement": self._agreement(place),
            "sibling": float(_file(self.names[rival]) == _file(self.names[place])),
            "rival": float(self.rivals > 0),
            "length": math.log1p(length(self.question)),
        }

    @cached_property
    def _searches(self) -> Mapping[str, "_Race"]:
        fit = self.fit
        values = {"words": fit.words, "letters": fit.pieces, "coverage": fit.coverage}
        if self.similar is not None:
            values["similarity"] = self.similar
        if self.near is not None:
            values["nearness"] = self.near
        return {name: _Race.of(each, self._runners) for name, each in values.items()}

    @cached_property
    def _race(self) -> "_Race":
        scores = fused(self.similar, self.fit, self.counts, self.near)
        if self.said:
            scores[self.names.index(self.said)] += _SAID
        return _Race.of(scores, self._runners)

    @cached_property
    def _runners(self) -> Array:
        """The cards that one is compared with: what another card tells of other parties counts."""
        return self.allowed | (self.rivals > 0)

    @cached_property
    def _all_chances(self) -> float:
        """The logarithm of what all cards get together."""
        scores = 2.0 * self._race.values[self._runners]
        top = float(scores.max())
        return top + math.log(float(np.exp(scores - top).sum()))

    def _agreement(self, place: int) -> float:
        """Return the share of the searches that find this card first."""
        races = [race for name, race in self._searches.items() if name != "coverage"]
        firsts = sum(bool(race.values[place] >= race.values[race.first]) for race in races)
        return firsts / len(races)


@dataclass(frozen=True, slots=True)
class _Race:
    """What one search gives the cards, and the two it gives most."""

    values: Array
    first: int
    second: int
    """The first again, where there is no other."""

    @classmethod
    def of(cls, values: Array, runners: Array) -> "_Race":
        running = np.where(runners, values, -np.inf)
        first = int(running.argmax())
        running[first] = -np.inf
        second = int(running.argmax())
        return cls(values, first, second if np.isfinite(running[second]) else first)

    def rival(self, place: int) -> int:
        """Return the best other card, or this one where there is none."""
        return self.second if place == self.first else self.first

    def lead(self, place: int) -> float:
        """Return how far a card is ahead of every other one."""
        rival = self.rival(place)
        other = float(self.values[rival]) if rival != place else 0.0
        return float(self.values[place]) - other


def _file(name: str) -> str:
    return name.partition("#")[0]
