"""Search by words: BM25 over stems, in the language of the question."""

import logging
import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import bm25s
import numpy as np
import Stemmer
from bm25s.stopwords import STOPWORDS_EN

from bot.backends.knowledge.cards import Card
from bot.core.messages import Language

_STEMMERS = {"id": "indonesian", "en": "english"}
_HAN = re.compile(r"[\u3400-\u9fff]+")
_WORD = re.compile(r"[a-z0-9]+")
_MARKS = re.compile(r"[?!.,;:()\"]+(?=\s|$)|[(\"]")
_STRETCHED = re.compile(r"(.)\1{2,}")
_TITLE_WEIGHT = 2  # A title counts as if it stood there twice.
K1, B = 0.9, 0.4  # BM25: how soon a word's repetition stops counting, how much length counts.


def bare(text: str) -> str:
    """Return a text without its punctuation, which says nothing and costs as much as words."""
    return " ".join(_MARKS.sub(" ", text).split())


class WordMatch(NamedTuple):
    """How well one card's words fit a question; there are hundreds for each question."""

    score: float
    """BM25, from 0 up."""
    coverage: float
    """Share, from 0 to 1, of the weight of the question's words that the card holds."""
    unheard: float
    """Share, from 0 to 1, of the weight of the question's words that no card holds."""
    strength: float
    """The score as so many words that one card alone holds, however many cards there are."""


class Glossary:
    """Puts the word that is meant for what people type, whole words and phrases alike."""

    def __init__(self, words: Mapping[str, str]) -> None:
        self._words = words
        longest_first = sorted(words, key=len, reverse=True)
        either = "|".join(re.escape(typed) for typed in longest_first)
        self._typed = re.compile(rf"\b(?:{either})\b") if either else None

    def __call__(self, text: str) -> str:
        """Return the text in small letters and in the words that are meant."""
        lowered = _STRETCHED.sub(r"\1", text.casefold())
        if self._typed is None:
            return lowered
        return self._typed.sub(lambda match: self._words[match[0]], lowered)


class Tokenizer:
    """Splits a text into the stems that are compared."""

    def __init__(self, language: Language, glossary: Callable[[str], str]) -> None:
        self._glossary = glossary
        # Indonesian ones include question words, and weigh little by themselves.
        self._common = frozenset(STOPWORDS_EN) if language == "en" else frozenset()
        name = _STEMMERS.get(language)
        self._stemmer = Stemmer.Stemmer(name) if name else None

    def __call__(self, text: str) -> list[str]:
        """Return the stems of a text, Chinese in pairs of characters."""
        meant = self._glossary(text)
        words = [word for word in _WORD.findall(meant.casefold()) if word not in self._common]
        stems = self._stemmer.stemWords(words) if self._stemmer else words
        return [*stems, *_pairs(meant)]


def _pairs(text: str) -> list[str]:
    """Return each two neighbouring Chinese characters: its words are not set apart by spaces."""
    runs: list[str] = _HAN.findall(text)
    return [run[place : place + 2] for run in runs for place in range(max(len(run) - 1, 1))]


class WordIndex:
    """The cards of one language."""

    def __init__(self, cards: Sequence[Card], language: Language, glossary: Glossary) -> None:
        self._tokenize = Tokenizer(language, glossary)
        self._names = [card.name for card in cards]
        documents = [self._tokenize(document(card)) for card in cards]
        self._holding = _holding(documents)
        self._weights = _weights(self._holding, len(documents))
        # Of one card alone, as `bm25s` weighs it.
        self._rarest = math.log(1 + (max(len(documents), 1) - 0.5) / 1.5)
        self._unknown_weight = max(self._weights.values(), default=1.0)
        logging.getLogger("bm25s").setLevel(logging.WARNING)  # It sets itself to DEBUG.
        self._bm25 = bm25s.BM25(k1=K1, b=B)
        if any(documents):
            self._bm25.index(documents, show_progress=False)

    def match(self, question: str) -> dict[str, WordMatch]:
        """Return how each card that shares a word with the question fits it."""
        tokens = self._tokenize(question)
        known = [token for token in tokens if token in self._weights]
        if not known:
            return {}
        scores = self._bm25.get_scores(known)
        weights = {token: self._weights.get(token, self._unknown_weight) for token in tokens}
        total = sum(weights.values())
        unheard = total - sum(weights[token] for token in set(known))
        covered = np.zeros(len(self._names))
        for token in set(known):
            covered[self._holding[token]] += weights[token]
        places = np.flatnonzero(scores)
        fitting = zip(
            places.tolist(),
            scores[places].tolist(),
            (covered[places] / total).tolist(),
            strict=True,
        )
        return {
            self._names[place]: WordMatch(score, coverage, unheard / total, score / self._rarest)
            for place, score, coverage in fitting
        }


def document(card: Card) -> str:
    """Return the words that a card is found by."""
    return "\n".join([*[card.title] * _TITLE_WEIGHT, *card.asked, card.text])


def _holding(documents: Sequence[Sequence[str]]) -> "dict[str, np.ndarray[Any, Any]]":
    """Return the places of the documents that hold each word."""
    places: dict[str, list[int]] = {}
    for place, document in enumerate(documents):
        for word in set(document):
            places.setdefault(word, []).append(place)
    return {word: np.array(held) for word, held in places.items()}


def _weights(holding: "Mapping[str, np.ndarray[Any, Any]]", documents: int) -> dict[str, float]:
    """Return each word's inverse document frequency; a word that most cards hold weighs little."""
    return {
        word: float(np.log(1 + documents / (len(held) + 0.5))) for word, held in holding.items()
    }
