"""Asked lines, searched as if each were not indexed: which of them do not find their own card."""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import NamedTuple

import numpy as np

from bot.backends.knowledge.cards import Card
from bot.backends.knowledge.content import LANGUAGES
from bot.backends.knowledge.findings import Finding
from bot.backends.knowledge.markdown import ReadCard
from bot.backends.knowledge.search import fused
from bot.backends.knowledge.served import Served
from bot.backends.knowledge.texts import WEIGHTS, Array, TextVectors, nearest
from bot.backends.knowledge.words import K1, B, Glossary, Tokenizer, document
from bot.core.messages import DEFAULT_LANGUAGE, Language

_AT_ONCE = 256  # Lines that are compared with all texts at once.
_ABSENT = -2.0  # Less than any cosine.
_NOWHERE = (np.zeros(0, dtype=int), np.zeros(0, dtype=int))


class Line(NamedTuple):
    """One way in which a card is asked for."""

    read: ReadCard
    form: str
    number: int


def unfound_questions(
    cards: Sequence[ReadCard], served: Served, vectors: TextVectors
) -> Iterator[Finding]:
    """Yield the asked lines that another card would be found for if they were not there."""
    lines = [
        Line(read, form, number)
        for read in cards
        for form, number in zip(read.card.asked, read.asked_lines, strict=True)
    ]
    search = LeavingOut(served, vectors)
    for start in range(0, len(lines), _AT_ONCE):
        some = lines[start : start + _AT_ONCE]
        for line, found in zip(some, search.best(some), strict=True):
            if found != line.read.card.name:
                values = {"question": line.form, "card": found}
                yield Finding(line.read.file, line.number, "UNFOUND_QUESTION", values)


class LeavingOut:
    """The search that people get, of a folder in which one asked line is missing at a time.

    A line's own vector stands for that of the question, which is made a little otherwise: 93 of
    100 lines find their own card, or do not, with either of the two.
    """

    def __init__(self, served: Served, vectors: TextVectors) -> None:
        self._served = replace(served, glossary=cache(served.glossary))
        self._names: list[str] = list(self._served.cards)
        self._matrix = vectors.matrix
        places = {name: place for place, name in enumerate(self._names)}
        self._cards = np.array([places[text.card] for text in vectors.texts])
        self._texts = {
            (*text.id.rsplit(".", 2)[:2], text.text): place
            for place, text in enumerate(vectors.texts)
        }
        self._words = {
            language: WordsLeavingOut(
                [card for card in served.content.cards if card.language == language],
                language,
                self._served.glossary if language == DEFAULT_LANGUAGE else cache(Glossary({})),
                places=places,
            )
            for language in LANGUAGES
        }

    def best(self, lines: Sequence[Line]) -> Iterator[str]:
        """Yield the card that each line would find without itself."""
        places = [self._place(line) for line in lines]
        cosines = self._matrix[places] @ self._matrix.T
        for row, (line, place) in enumerate(zip(lines, places, strict=True)):
            if not self._is_title(line):
                cosines[row, place] = _ABSENT
        similar = likeness(cosines, self._cards, count=len(self._names))
        for line, row in zip(lines, similar, strict=True):
            yield self._found(line, row)

    def _place(self, line: Line) -> int:
        """Return where a line stands among the texts."""
        card = line.read.card
        return self._texts[card.name, card.language, self._said(card)(line.form)]

    def _is_title(self, line: Line) -> bool:
        """Say whether a line is there anyway, since the title is the same."""
        said = self._said(line.read.card)
        return said(line.form) == said(line.read.card.title)

    def _said(self, card: Card) -> Callable[[str], str]:
        return self._served.glossary if card.language == DEFAULT_LANGUAGE else str

    def _found(self, line: Line, similar: Array) -> str:
        card = line.read.card
        words = self._words[DEFAULT_LANGUAGE].match(line.form, of=card)
        if card.language != DEFAULT_LANGUAGE:
            words = words.or_better(self._words[card.language].match(line.form, of=card))
        rivals = self._served.rivals(line.form)
        found = np.flatnonzero(~np.isnan(similar) | (words.scores > 0))
        floor = np.nanmin(similar) if found.size else 0.0
        scores = fused(np.nan_to_num(similar[found], nan=floor), words.scores[found])
        for place in found[np.argsort(-scores, kind="stable")].tolist():
            name: str = self._names[place]
            if self._served.may_answer(name, rivals):
                return name
        return ""


def likeness(cosines: Array, cards: Array, *, count: int) -> Array:
    """Return for each row how like each card is, as `Scale.likeness` counts it; NaN: not found.

    `cosines` has a column for each text, `cards` the place of its card; there are `count` cards.
    """
    rows = len(cosines)
    places = nearest(cosines)
    found = np.take_along_axis(cosines, places, 1)
    if found.shape[1] > 1 and found[:, -1].min() <= _ABSENT:  # Fewer texts than are looked for.
        places, found = places[:, :-1], found[:, :-1]
    floor = found[:, -1:]
    keys = (cards[places] + np.arange(rows)[:, None] * count).ravel()
    by_card = np.argsort(keys, kind="stable")
    cells, starts, counts = np.unique(keys[by_card], return_index=True, return_counts=True)
    rank = np.arange(keys.size) - np.repeat(starts, counts)
    weights = np.array([*WEIGHTS, 0.0])[np.minimum(rank, len(WEIGHTS))]
    above = weights * (found - floor).ravel()[by_card]
    alike: Array = np.full((rows, count), np.nan)
    alike.flat[cells] = np.add.reduceat(above, starts)
    alike += floor
    return alike


class Words(NamedTuple):
    """How the words of each card fit a question: BM25, and how much of it they cover."""

    scores: Array
    covered: Array

    def or_better(self, other: "Words") -> "Words":
        """Return of each card the fit that covers more of the question; of equal ones the other."""
        is_better = (other.scores > 0) & (other.covered >= self.covered)
        return Words(*(np.where(is_better, *pair) for pair in zip(other, self, strict=True)))


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
        self._tokenize = Tokenizer(language, glossary)
        self._language = language
        self._places = places
        self._rows = {card.name: row for row, card in enumerate(cards)}
        self._here = np.array([places[card.name] for card in cards], dtype=int)
        self._counts = [Counter(self._tokenize(document(card))) for card in cards]
        self._lengths = np.array([float(counts.total()) for counts in self._counts])
        mean = self._lengths.sum() / max(len(cards), 1)
        self._norm = K1 * (1 - B + B * self._lengths / (mean or 1.0))
        holding: dict[str, list[tuple[int, int]]] = {}
        for row, counts in enumerate(self._counts):
            for token, count in counts.items():
                holding.setdefault(token, []).append((row, count))
        self._holding = {token: self._weighed(held) for token, held in holding.items()}

    def _weighed(self, held: Sequence[tuple[int, int]]) -> tuple[Array, Array]:
        """Return the rows of the cards that hold a word, and what it counts in each."""
        rows, counts = np.array(held).T
        return rows, counts / (counts + self._norm[rows])

    def match(self, question: str, *, of: Card) -> Words:
        """Return how each card fits an asked line of a card, from which the line is left out."""
        asked = Counter(self._tokenize(question))
        own = self._rows.get(of.name, -1) if of.language == self._language else -1
        found = Words(np.zeros(len(self._places)), np.zeros(len(self._places)))
        found.scores[self._here], found.covered[self._here] = self._scored(asked, own)
        return found

    def _scored(self, asked: Mapping[str, int], own: int) -> tuple[Array, Array]:
        scores, covered = np.zeros((2, len(self._counts)))
        total, own_score, own_covered = 0.0, 0.0, 0.0
        norm = self._norm_without(own, sum(asked.values())) if own >= 0 else 0.0
        for token, times in asked.items():
            rows, weighed = self._holding.get(token, _NOWHERE)
            left = self._counts[own][token] - times if own >= 0 else 0
            rarity, weight = self._rarity(len(rows) - (own >= 0 and left == 0))
            scores[rows] += (times * rarity) * weighed
            covered[rows] += weight
            total += weight
            if left > 0:
                own_score += times * rarity * left / (left + norm)
                own_covered += weight
        if own >= 0:
            scores[own], covered[own] = own_score, own_covered
        return scores, covered / (total or 1.0)

    @cache  # noqa: B019 - it ends with the check
    def _rarity(self, holders: int) -> tuple[float, float]:
        """Return what a word of so many cards counts in BM25, and in what is covered."""
        count = len(self._counts)
        # As `bm25s` does by default: Lucene's form.
        rarity = math.log(1 + (count - holders + 0.5) / (holders + 0.5))
        return rarity, math.log(1 + count / (max(holders, 1) + 0.5))

    def _norm_without(self, own: int, tokens: int) -> float:
        """Return what a card's length counts without a line of so many words."""
        mean = (self._lengths.sum() - tokens) / len(self._lengths)
        return float(K1 * (1 - B + B * (self._lengths[own] - tokens) / (mean or 1.0)))
