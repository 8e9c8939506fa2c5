"""How near the words of a question a card holds the kind of thing that it seeks."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from bot.backends.knowledge.cards import Card
from bot.backends.knowledge.kinds import (
    ASKING,
    BRACKET,
    KINDS,
    TOKEN,
    Kind,
    Sorter,
    as_words,
    kind_of,
)
from bot.backends.knowledge.terms import word_weights
from bot.backends.knowledge.words import stemmer
from bot.core.messages import Language

Array = np.ndarray[Any, Any]

_REACH = 6.0  # Words; so far away a word counts a third.
_APART = 200  # Words that two cards are apart: too many to count for anything.
_NOWHERE = np.zeros(0, dtype=int)


class NearnessIndex:
    """The texts of the cards of one language as one row of words."""

    def __init__(
        self,
        cards: Sequence[Card],
        language: Language,
        glossary: Callable[[str], str],
        *,
        places: Mapping[str, int],
    ) -> None:
        """Index them; `places` says where each card, of any language, stands."""
        self._glossary, self._stemmer = glossary, stemmer(language)
        self._rows = {places[card.name]: row for row, card in enumerate(cards)}
        texts = [TOKEN.findall(f"{card.title}\n{card.text}") for card in cards]
        self._starts = np.cumsum([_APART, *(len(words) + _APART for words in texts)])
        self._held = self._held_in(texts)
        self._things = self._things_in(texts)

    def nearness(self, question: str, cards: Sequence[int]) -> Array:
        """Return how near the question's words each of these cards holds what is sought.

        0: it does not, or none of the words stands there; 1: all of them stand beside it.
        """
        here = [at for at, card in enumerate(cards) if card in self._rows]
        rows = np.array([self._rows[cards[at]] for at in here], dtype=int)
        things, worth, owners = self._things_of(kind_of(question), rows)
        words = {*TOKEN.findall(self._glossary(question).casefold())} - {BRACKET}
        near = worth * self._near(things, words.difference(ASKING))
        for stem in self._stems(words):
            near[_distances(things, self._held.get(stem, _NOWHERE)) == 0] = 0.0
        best = np.zeros(len(here))
        np.maximum.at(best, owners, near)
        found = np.zeros(len(cards))
        found[here] = best
        return found

    def _things_of(self, kind: Kind, rows: Array) -> tuple[Array, Array, Array]:
        """Return where these texts hold something of a kind, its worth, and which text it is."""
        places, worth = self._things[kind]
        firsts = np.searchsorted(places, self._starts[rows])
        counts = np.searchsorted(places, self._starts[rows + 1]) - firsts
        ends = np.cumsum(counts)
        chosen = np.arange(counts.sum()) + np.repeat(firsts - ends + counts, counts)
        return places[chosen], worth[chosen], np.repeat(np.arange(len(rows)), counts)

    def _near(self, things: Array, words: Collection[str]) -> Array:
        """Return how near each thing stands to words, rare ones above all."""
        near = np.zeros(len(things))
        held = [self._held.get(stem, _NOWHERE) for stem in dict.fromkeys(self._stems(words))]
        weights = word_weights(len(self._rows), np.array([max(len(each) - 2, 1) for each in held]))
        for places, weight in zip(held, weights / (weights.sum() or 1.0), strict=True):
            near += weight * np.exp(-_distances(things, places) / _REACH)
        return near

    def _held_in(self, texts: Sequence[Sequence[str]]) -> Mapping[str, Array]:
        """Return where each stem stands."""
        held: dict[str, list[int]] = {}
        for start, words in zip(self._starts.tolist(), texts, strict=False):
            for place, word in enumerate(words, start):
                for stem in self._stems(as_words(word)):
                    held.setdefault(stem, []).append(place)
        # What stands before all texts and after them is far from everything.
        end = int(self._starts[-1])
        return {stem: np.array([0, *places, end]) for stem, places in held.items()}

    def _things_in(self, texts: Sequence[Sequence[str]]) -> Mapping[Kind, tuple[Array, Array]]:
        """Return where something of each kind stands, and how much it is of it."""
        sorter = Sorter(texts)
        found: dict[Kind, list[tuple[int, float]]] = {kind: [] for kind in KINDS}
        for start, words in zip(self._starts.tolist(), texts, strict=False):
            for place, (word, next_) in enumerate(pairwise([*words, ""]), start):
                for kind, worth in sorter.kinds(word, is_bracketed=next_ == BRACKET):
                    found[kind].append((place, worth))
        things = {kind: np.array(each).reshape(-1, 2).T for kind, each in found.items()}
        return {kind: (places.astype(int), worth) for kind, (places, worth) in things.items()}

    def _stems(self, words: Iterable[str]) -> Sequence[str]:
        return self._stemmer(list(words))


def _distances(things: Array, places: Array) -> Array:
    """Return how far each thing is from the nearest of some places."""
    if not len(places):
        return np.full(len(things), np.inf)
    after = np.searchsorted(places, things)
    distances: Array = np.minimum(places[after] - things, things - places[after - 1])
    return distances
