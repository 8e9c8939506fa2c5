"""The words of cards, scored as if one asked line were not there."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from bot.backends.knowledge.cards import Card
from bot.backends.knowledge.terms import K1, Array, B, rarest, word_weights
from bot.backends.knowledge.words import TWICE, Fit, Pieces, Tokenizer, asked_for, document
from bot.core.messages import Language


class WordsLeavingOut:
    """The words of the cards of one language, scored as by `WordIndex` without one asked line."""

    def __init__(
        self,
        cards: Sequence[Card],
        language: Language,
        glossary: Callable[[str], str],
        *,
        places: Mapping[str, int],
    ) -> None:
        self._tokenize, self._split = Tokenizer(language, glossary), Pieces(glossary)
        self._language = language
        self._count = len(places)
        self._rows = {card.name: row for row, card in enumerate(cards)}
        self._here = np.array([places[card.name] for card in cards], dtype=int)
        self._words = Terms([self._tokenize("\n".join(asked_for(card))) for card in cards])
        self._pieces = Terms([self._split("\n".join(document(card))) for card in cards])
        self._held = Terms([self._tokenize("\n".join(document(card))) for card in cards])

    def match(self, questions: Sequence[str], *, of: Sequence[Card]) -> Fit:
        """Return how each card fits each of these asked lines of cards, without that line.

        The arrays have a row for each line; of the shares there is the coverage alone.
        """
        own = np.array([self._row(card) for card in of], dtype=int)
        tokens = [self._tokenize(question) for question in questions]
        pieces = [self._split(question) for question in questions]
        fit = Fit(*np.zeros((len(Fit._fields), len(questions), self._count)))
        if self._rows:
            fit.words[:, self._here] = self._words.scores(tokens, own=own)
            fit.pieces[:, self._here] = self._pieces.scores(pieces, own=own, times=TWICE)
            fit.coverage[:, self._here] = self._held.covered(tokens, own=own, times=TWICE)
        return fit

    def _row(self, card: Card) -> int:
        return self._rows.get(card.name, -1) if card.language == self._language else -1


class Terms:
    """BM25 over lists of terms, without those that a line adds to one of the lists."""

    def __init__(self, documents: Sequence[Sequence[str]]) -> None:
        counted = [Counter(document) for document in documents]
        terms = dict.fromkeys(term for counts in counted for term in counts)
        self._numbers = {term: number for number, term in enumerate(terms)}
        self._count = len(documents)
        self._lengths = np.array([float(counts.total()) for counts in counted])
        self._mean = (self._lengths.sum() / max(self._count, 1)) or 1.0
        numbers = [self._numbers[term] for counts in counted for term in counts]
        rows = np.repeat(np.arange(self._count), [len(counts) for counts in counted])
        counts = [count for counts in counted for count in counts.values()]
        keys = np.array(numbers, dtype=int) * self._count + rows
        order = np.argsort(keys)
        self._keys, self._rows = keys[order], rows[order]
        self._counts = np.array(counts, dtype=float)[order]
        self._holders = np.bincount(numbers, minlength=len(terms))
        self._starts = np.concatenate([[0], np.cumsum(self._holders)])
        norm = self._norms(self._lengths)[self._rows]
        self._weighed = self._counts / (self._counts + norm)

    def scores(self, lines: Sequence[Sequence[str]], *, own: Array, times: int = 1) -> Array:
        """Return the score of each document for each line.

        Document `own` of each line (none: -1) is scored as if it held the line so many times less.
        """
        asked = _Asked.of(lines, self._numbers)
        left, is_lost = self._left(asked, own, times)
        rarity = self._rarity(self._holders[asked.terms] - is_lost) * asked.counts
        found = self._spread(asked, rarity, own)
        shortened = self._lengths[own] - times * np.array([len(line) for line in lines])
        norm = self._norms(shortened)[asked.lines]
        mine = np.where(left > 0, rarity * left / (left + norm), 0.0)
        has_own = own >= 0
        summed = np.bincount(asked.lines, mine, len(lines))
        found[np.flatnonzero(has_own), own[has_own]] = summed[has_own]
        return found / rarest(self._count)

    def covered(self, lines: Sequence[Sequence[str]], *, own: Array, times: int = 1) -> Array:
        """Return what share of each line's weight each document holds."""
        asked = _Asked.of(lines, self._numbers)
        left, is_lost = self._left(asked, own, times)
        weights = word_weights(self._count, self._holders[asked.terms] - is_lost)
        found = self._spread(asked, weights, own, plain=np.ones_like(self._weighed))
        has_own = own >= 0
        mine = np.bincount(asked.lines, weights * (left > 0), len(lines))
        found[np.flatnonzero(has_own), own[has_own]] = mine[has_own]
        unheard = [len(set(line).difference(self._numbers)) for line in lines]
        weight = float(word_weights(self._count, np.array(0)))
        total = np.bincount(asked.lines, weights, len(lines)) + weight * np.array(unheard)
        covered: Array = found / np.where(total > 0, total, 1.0)[:, None]
        return covered

    def _left(self, asked: "_Asked", own: Array, times: int) -> tuple[Array, Array]:
        """Return how often each own document holds a line's terms without it, and what it lost."""
        mine = own[asked.lines]
        keys = asked.terms * self._count + mine
        places = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        is_held = (self._keys[places] == keys) & (mine >= 0)
        left = np.where(is_held, self._counts[places] - times * asked.counts, 0.0)
        return left, is_held & (left <= 0)

    def _spread(
        self, asked: "_Asked", weights: Array, own: Array, *, plain: Array | None = None
    ) -> Array:
        """Add up what each document gets for each line."""
        weighed = self._weighed if plain is None else plain
        holders = self._holders[asked.terms]
        ends = np.cumsum(holders)
        steps = np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - holders, holders)
        places = np.repeat(self._starts[asked.terms], holders) + steps
        cells = np.repeat(asked.lines, holders) * self._count + self._rows[places]
        got = np.repeat(weights, holders) * weighed[places]
        size = len(own) * self._count
        return np.bincount(cells, got, size).reshape(len(own), self._count)

    def _norms(self, lengths: Array) -> Array:
        """Return what documents' lengths count."""
        norms: Array = K1 * (1 - B + B * lengths / self._mean)
        return norms

    def _rarity(self, holders: Array) -> Array:
        """Return what words of so many documents count, as `bm25s` has it: Lucene's form."""
        rarity: Array = np.log(1 + (self._count - holders + 0.5) / (holders + 0.5))
        return rarity


class _Asked:
    """The known terms of some lines: for each the line, the term and how often it stands there."""

    def __init__(self, lines: Array, terms: Array, counts: Array) -> None:
        self.lines, self.terms, self.counts = lines, terms, counts

    @classmethod
    def of(cls, lines: Sequence[Sequence[str]], numbers: Mapping[str, int]) -> "_Asked":
        """Count the terms of lines."""
        counted = [
            (row, numbers[term], count)
            for row, line in enumerate(lines)
            for term, count in Counter(line).items()
            if term in numbers
        ]
        lines_, terms, counts = np.array(counted, dtype=int).reshape(-1, 3).T
        return cls(lines_, terms, counts)
