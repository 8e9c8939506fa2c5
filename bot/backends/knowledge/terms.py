"""What is counted of the words of cards: BM25 of terms, and which cards hold which words."""

import logging
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from itertools import accumulate, chain
from typing import Any

import bm25s
import numpy as np

from bot.backends.knowledge.vocabulary import Vocabulary

Array = np.ndarray[Any, Any]

K1, B = 1.5, 0.4  # BM25: how soon a word's repetition stops counting, how much length counts.
_PIECE = 4  # Letters; 3 to 5 together rank no better and take three times as long (measured).
_NOWHERE = np.zeros(0, dtype=int)
_NO_SCORES = {
    "data": np.zeros(0, dtype=np.float32),
    "indices": np.zeros(0, dtype=np.int32),
    "indptr": np.zeros(1, dtype=np.int32),
}


class Terms:
    """BM25 over lists of terms."""

    def __init__(self, terms: Vocabulary, scores: Mapping[str, Any]) -> None:
        """`terms` are numbered as in `scores`, which are as `bm25s` has them."""
        self._terms = terms
        self._count: int = scores["num_docs"]
        self._rarest = rarest(self._count)
        self._bm25 = _bm25()
        self._bm25.scores, self._bm25.nonoccurrence_array = scores, None  # As `index` leaves them.

    @classmethod
    def of(cls, documents: Sequence[Sequence[str]]) -> "Terms":
        """Count the terms of documents."""
        if not any(documents):
            return cls(Vocabulary.of([]), _NO_SCORES | {"num_docs": len(documents)})
        counted = _bm25()
        counted.index(documents, show_progress=False)
        numbers: Mapping[str, int] = counted.vocab_dict
        return cls(Vocabulary.of(sorted(numbers, key=numbers.__getitem__)), counted.scores)

    def scores(self, terms: Sequence[str]) -> Array:
        """Return the score of each document, as so many terms that one document alone holds."""
        numbers = map(self._terms.get, terms)
        known = [number for number in numbers if number is not None]
        if not known:
            return np.zeros(self._count)
        scores: Array = self._bm25.get_scores_from_ids(known) / self._rarest
        return scores

    def arrays(self) -> dict[str, Array]:
        """Return what `read` makes the same of."""
        return {**joined({"terms": self._terms.arrays()}), **self._bm25.scores}

    @classmethod
    def read(cls, arrays: Mapping[str, Array]) -> "Terms":
        """Make it again of `arrays`."""
        scores = {name: arrays[name] for name in _NO_SCORES}
        terms = Vocabulary.read(part(arrays, "terms"))
        return cls(terms, scores | {"num_docs": int(arrays["num_docs"])})


class _Holders:
    """Which documents hold each term."""

    def __init__(self, terms: Vocabulary, ends: Array, places: Array) -> None:
        """From one of `ends` to the next, `places` are the documents that hold a term."""
        # One array for each of ten thousands of terms would be larger than what it holds.
        self._terms, self._ends, self._places = terms, ends, places

    @classmethod
    def of(cls, documents: Sequence[Collection[str]]) -> "_Holders":
        holders: dict[str, list[int]] = {}
        for place, terms in enumerate(documents):
            for term in terms:
                holders.setdefault(term, []).append(place)
        ends = np.fromiter(accumulate(map(len, holders.values()), initial=0), dtype=np.int64)
        places = np.fromiter(chain.from_iterable(holders.values()), dtype=np.int32)
        return cls(Vocabulary.of(list(holders)), ends, places)

    def holding(self, term: str) -> Array:
        """Return the places of the documents that hold a term."""
        number = self._terms.get(term)
        if number is None:
            return _NOWHERE
        return self._places[self._ends[number] : self._ends[number + 1]]

    def arrays(self) -> dict[str, Array]:
        terms = joined({"terms": self._terms.arrays()})
        return {**terms, "ends": self._ends, "places": self._places}

    @classmethod
    def read(cls, arrays: Mapping[str, Array]) -> "_Holders":
        terms = Vocabulary.read(part(arrays, "terms"))
        return cls(terms, arrays["ends"], arrays["places"])


class Held:
    """Which documents hold which words and pieces of words, and how much each word weighs."""

    def __init__(self, count: int, stems: _Holders, pieces: _Holders) -> None:
        """Take what of so many documents holds which stems, and which pieces of words."""
        self._count, self._stems, self._pieces = count, stems, pieces

    @classmethod
    def of(cls, documents: Sequence[Sequence[tuple[str, str]]]) -> "Held":
        """Note the words of documents: stems, each with the word as it stands there."""
        stems = _Holders.of([{stem for stem, _ in words} for words in documents])
        pieces = cache(lambda word: frozenset(overlapping(word)))
        held = [frozenset().union(*(pieces(word) for _, word in words)) for words in documents]
        return cls(len(documents), stems, _Holders.of(held))

    def arrays(self) -> dict[str, Array]:
        """Return what `read` makes the same of."""
        parts = {"stems": self._stems.arrays(), "pieces": self._pieces.arrays()}
        return {"count": np.array(self._count), **joined(parts)}

    @classmethod
    def read(cls, arrays: Mapping[str, Array]) -> "Held":
        """Make it again of `arrays`."""
        stems, pieces = (_Holders.read(part(arrays, name)) for name in ("stems", "pieces"))
        return cls(int(arrays["count"]), stems, pieces)

    def shares(self, spelled: Sequence[tuple[str, str]]) -> tuple[Array, Array, float]:
        """Return of a question's words the weight that each document holds, and that none does.

        Between the two stands the weight that each document holds at least pieces of.
        """
        words = dict(spelled)
        holding = [self._stems.holding(stem) for stem in words]
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
        pieces = set(overlapping(word))
        holding = np.concatenate([_NOWHERE, *map(self._pieces.holding, pieces)])
        likeness: Array = np.bincount(holding, minlength=self._count) / max(len(pieces), 1)
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


def joined(parts: Mapping[str, Mapping[str, Array]]) -> dict[str, Array]:
    """Return the arrays of several parts under one name each."""
    return {
        f"{name}.{inner}": array
        for name, arrays in parts.items()
        for inner, array in arrays.items()
    }


def part(arrays: Mapping[str, Array], name: str) -> dict[str, Array]:
    """Return the arrays of one of the parts that were `joined`."""
    start = f"{name}."
    return {
        each.removeprefix(start): array for each, array in arrays.items() if each.startswith(start)
    }


def packed(terms: Iterable[str]) -> Array:
    """Return terms that hold no line ends as one array of bytes, which is read in a moment."""
    return np.frombuffer("\n".join(terms).encode(), dtype=np.uint8)


def unpacked(array: Array) -> list[str]:
    """Return the terms that were `packed`."""
    return array.tobytes().decode().split("\n") if array.size else []


def _bm25() -> bm25s.BM25:
    logging.getLogger("bm25s").setLevel(logging.WARNING)  # It sets itself to DEBUG.
    return bm25s.BM25(k1=K1, b=B)
