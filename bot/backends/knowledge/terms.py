"""What is counted of the words of cards: BM25 of terms, and which cards hold which words."""

import logging
import math
from array import array
from collections.abc import Collection, Container, Sequence
from functools import cache
from itertools import accumulate, chain
from typing import Any

import bm25s
import numpy as np

Array = np.ndarray[Any, Any]

K1, B = 1.5, 0.4  # BM25: how soon a word's repetition stops counting, how much length counts.
_PIECE = 4  # Letters; 3 to 5 together rank no better and take three times as long (measured).
_NOWHERE = np.zeros(0, dtype=int)


class Terms:
    """BM25 over lists of terms."""

    def __init__(self, documents: Sequence[Sequence[str]]) -> None:
        logging.getLogger("bm25s").setLevel(logging.WARNING)  # It sets itself to DEBUG.
        self._rarest = rarest(len(documents))
        self._count = len(documents)
        self._bm25 = bm25s.BM25(k1=K1, b=B)
        self._known: Container[str] = ()
        if any(documents):
            self._bm25.index(documents, show_progress=False)
            self._known = self._bm25.vocab_dict

    def scores(self, terms: Sequence[str]) -> Array:
        """Return the score of each document, as so many terms that one document alone holds."""
        known = [term for term in terms if term in self._known]
        if not known:
            return np.zeros(self._count)
        scores: Array = self._bm25.get_scores(known) / self._rarest
        return scores


class _Holders:
    """Which documents hold each term."""

    def __init__(self, documents: Sequence[Collection[str]]) -> None:
        holders: dict[str, list[int]] = {}
        for place, terms in enumerate(documents):
            for term in terms:
                holders.setdefault(term, []).append(place)
        self._numbers = {term: number for number, term in enumerate(holders)}
        self._ends = array("q", accumulate(map(len, holders.values()), initial=0))
        # One array for each of ten thousands of terms would be larger than what it holds.
        self._places = np.fromiter(chain.from_iterable(holders.values()), dtype=np.int32)

    def of(self, term: str) -> Array:
        """Return the places of the documents that hold a term."""
        number = self._numbers.get(term)
        if number is None:
            return _NOWHERE
        return self._places[self._ends[number] : self._ends[number + 1]]


class Held:
    """Which documents hold which words and pieces of words, and how much each word weighs."""

    def __init__(self, documents: Sequence[Sequence[tuple[str, str]]]) -> None:
        """Note the words of documents: stems, each with the word as it stands there."""
        self._count = len(documents)
        self._stems = _Holders([{stem for stem, _ in words} for words in documents])
        pieces = cache(lambda word: frozenset(overlapping(word)))
        self._pieces = _Holders(
            [frozenset().union(*(pieces(word) for _, word in words)) for words in documents]
        )

    def shares(self, spelled: Sequence[tuple[str, str]]) -> tuple[Array, Array, float]:
        """Return of a question's words the weight that each document holds, and that none does.

        Between the two stands the weight that each document holds at least pieces of.
        """
        words = dict(spelled)
        holding = [self._stems.of(stem) for stem in words]
        weights = word_weights(self._count, np.array([len(held) for held in holding]))
        held, resembled = np.zeros((2, self._count))
        for places, word, weight in zip(holding, words.values(), weights.tolist(), strict=True):
            likeness = self._likeness(word)
            likeness[places] = 1.0
            resembled += weight * likeness
            held[places] += weight
        total = float(weights.sum()) or 1.0
        unheard = sum(
            float(w) for places, w in zip(holding, weights, strict=True) if not places.size
        )
        return held / total, resembled / total, unheard / total

    def _likeness(self, word: str) -> Array:
        """Return which share of the pieces of a word each document holds."""
        likeness = np.zeros(self._count)
        pieces = set(overlapping(word))
        for piece in pieces:
            likeness[self._pieces.of(piece)] += 1 / len(pieces)
        return likeness


def overlapping(text: str) -> list[str]:
    """Return the overlapping pieces of a text with a space at both ends."""
    if not text:
        return []
    spaced = f" {text} "
    return [spaced[place : place + _PIECE] for place in range(max(len(spaced) - _PIECE + 1, 1))]


def rarest(documents: int) -> float:
    """Return what a word counts in BM25 that one of so many documents holds, as `bm25s` has it."""
    return math.log(1 + (max(documents, 1) - 0.5) / 1.5)


def word_weights(documents: int, holders: Array) -> Array:
    """Return words' inverse document frequency; one that most documents hold weighs little.

    A word that no document holds weighs as much as one that a single document holds.
    """
    weights: Array = np.log(1 + documents / (np.maximum(holders, 1) + 0.5))
    return weights
