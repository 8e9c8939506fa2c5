"""Search by words: BM25 over stems and over pieces of words, in the language of the question."""

import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, partial
from itertools import chain
from typing import Any, NamedTuple, TypeVar

import numpy as np
import Stemmer
from bm25s.stopwords import STOPWORDS_EN

from bot.backends.knowledge.cards import Card
from bot.backends.knowledge.spelling import Spelling
from bot.backends.knowledge.terms import (
    Held,
    Terms,
    joined,
    overlapping,
    packed,
    part,
    unpacked,
)
from bot.core.messages import DEFAULT_LANGUAGE, Language

Array = np.ndarray[Any, Any]
Term = TypeVar("Term")
_Split = Callable[[str], list[str]]
_Spelled = Callable[[str], list[tuple[str, str]]]

_STEMMERS = {"id": "indonesian", "en": "english"}
_HAN = re.compile(r"[\u3400-\u9fff]+")
_WORD = re.compile(r"[a-z0-9]+")
_MARKS = re.compile(r"[?!.,;:()\"]+(?=\s|$)|[(\"]")
_TOKEN = re.compile(r"\w+|[^\w\s]")
_LETTER = re.compile(r"\w")
_STRETCHED = re.compile(r"(.)\1{2,}")
_LATIN, _MARKS_ALONE = range(0xC0, 0x180), range(0x300, 0x370)
_UNMARKED = {
    **{code: unicodedata.normalize("NFKD", chr(code))[0] for code in _LATIN},
    **dict.fromkeys(_MARKS_ALONE),
}
"""Each Latin letter with a mark and the same without: few type the é and è of their language."""
TWICE = 2  # What a card is asked for with counts as if it stood there twice.


def bare(text: str) -> str:
    """Return a text without its punctuation, which says nothing and costs as much as words."""
    return " ".join(_MARKS.sub(" ", text).split())


class Glossary:
    """Puts the word that is meant for what people type, whole words and phrases alike."""

    def __init__(self, words: Mapping[str, str]) -> None:
        self._words = {form.translate(_UNMARKED): meant for form, meant in words.items()}
        self._forms: dict[str, list[str]] = {}
        """What is typed, by its first word, the longest first."""
        for form in sorted(self._words, key=len, reverse=True):
            if first := _TOKEN.match(form):
                self._forms.setdefault(first[0], []).append(form)

    def __call__(self, text: str) -> str:
        """Return the text in small letters without marks and in the words that are meant."""
        lowered = _STRETCHED.sub(r"\1", text.casefold().translate(_UNMARKED))
        made, end = [], 0
        for token in _TOKEN.finditer(lowered):
            start = token.start()
            if start >= end and (form := self._form(lowered, start, token[0])):
                made += [lowered[end:start], self._words[form]]
                end = start + len(form)
        return "".join([*made, lowered[end:]]) if made else lowered

    def _form(self, text: str, start: int, first: str) -> str:
        """Return the longest form that stands here, with nothing glued to it, or nothing."""
        for form in self._forms.get(first, ()):
            is_here = text.startswith(form, start)
            if is_here and _is_edge(text, start) and _is_edge(text, start + len(form)):
                return form
        return ""


def _is_edge(text: str, place: int) -> bool:
    """Say whether a word begins or ends at a place."""
    before, after = text[max(place - 1, 0) : place], text[place : place + 1]
    return bool(_LETTER.match(before)) is not bool(_LETTER.match(after))


class Tokenizer:
    """Splits a text into the stems that are compared."""

    def __init__(self, language: Language, glossary: Callable[[str], str]) -> None:
        self._glossary = glossary
        # Indonesian ones include question words, and weigh little by themselves.
        self._common = frozenset(STOPWORDS_EN) if language == "en" else frozenset()
        self._stems = stemmer(language)

    def __call__(self, text: str) -> list[str]:
        """Return the stems of a text, Chinese in pairs of characters."""
        return [stem for stem, _ in self.spelled(text)]

    def spelled(self, text: str) -> list[tuple[str, str]]:
        """Return the stems of a text, each with the word as it stands there."""
        meant = self._glossary(text)
        words = [word for word in _WORD.findall(meant.casefold()) if word not in self._common]
        pairs = _pairs(meant)
        return [*zip(self._stems(words), words, strict=True), *zip(pairs, pairs, strict=True)]


class Pieces:
    """Splits a text into overlapping pieces of its words: a word typed otherwise shares most."""

    def __init__(self, glossary: Callable[[str], str]) -> None:
        self._glossary = glossary

    def __call__(self, text: str) -> list[str]:
        """Return the pieces of a text, which reach over the spaces between words."""
        meant = self._glossary(text)
        rest = _HAN.sub(" ", meant).splitlines()
        return [*(piece for line in rest for piece in overlapping(bare(line))), *_runs(meant, 2, 3)]


def stemmer(language: Language) -> Callable[[Sequence[str]], Sequence[str]]:
    """Return what gives the stems of words in small letters; Chinese ones are their own."""
    name = _STEMMERS.get(language)
    return Stemmer.Stemmer(name).stemWords if name else list


def length(text: str) -> int:
    """Return how many words a text has, as it stands there."""
    return len(_WORD.findall(text.casefold())) + len(_pairs(text))


def _pairs(text: str) -> list[str]:
    """Return each two neighbouring Chinese characters: its words are not set apart by spaces."""
    return _runs(text, 2)


def _runs(text: str, *sizes: int) -> list[str]:
    """Return so many neighbouring Chinese characters each, fewer where there are no more."""
    return [
        run[place : place + size]
        for run in _HAN.findall(text)
        for size in sizes
        for place in range(max(len(run) - size + 1, 1))
    ]


class Fit(NamedTuple):
    """How the words of each card fit a question: an array each, in the order of the cards."""

    words: Array
    """BM25 of stems, as so many words that one card alone holds."""
    pieces: Array
    """BM25 of pieces of words, likewise."""
    coverage: Array
    """Share, from 0 to 1, of the weight of the question's words that the card holds."""
    resemblance: Array
    """Likewise; a word that the card does not hold counts by the pieces of it that it does."""
    unheard: Array
    """Share, from 0 to 1, of the weight of the question's words that no card holds."""

    def or_better(self, other: "Fit") -> "Fit":
        """Return of each card the fit that covers more of the question; of equal ones the other."""
        is_better = (other.words > 0) & (other.coverage >= self.coverage)
        return Fit(*(np.where(is_better, *pair) for pair in zip(other, self, strict=True)))


class WordIndex:
    """The cards of one language; what compares them is put together when it is first needed."""

    def __init__(
        self,
        language: Language,
        glossary: Callable[[str], str],
        *,
        compare: Callable[[], "_Compared"],
        here: Array,
        places: Mapping[str, int],
        asked: Sequence[tuple[str, str]] = (),
    ) -> None:
        """`places` says where each card stands, of any language; `here` are those compared."""
        self.asked = asked
        """The bag of stems of each line that a card is asked for with, and the card's name.

        Nothing of an index that is made again.
        """
        self._compare, self._here, self._places = compare, here, places
        self.meant = glossary
        """Puts the words of the cards for what people type."""
        self._tokenize = self._as_typed = Tokenizer(language, glossary)
        if language == DEFAULT_LANGUAGE:
            self.meant = Spelling(glossary, self._compared.heard, stemmer(language))
            self._tokenize = Tokenizer(language, self.meant)
        self._split = Pieces(self.meant)

    @classmethod
    def of(
        cls,
        cards: Sequence[Card],
        language: Language,
        glossary: Callable[[str], str],
        *,
        places: Mapping[str, int],
    ) -> "WordIndex":
        """Index the cards of a language."""
        once = cache(glossary)  # Nearly every line is split twice or more.
        spelled, split = _spelled_once(language, once), _split_once(once)
        stems = cache(lambda line: [stem for stem, _ in spelled(line)])
        asked = [
            (bag, card.name)
            for card in cards
            for line in (card.title, *card.asked)
            if (bag := _bag(stems(line)))
        ]
        compare = partial(_Compared.of, cards, spelled, stems, split)
        here = np.array([places[card.name] for card in cards], dtype=int)
        return cls(language, glossary, compare=compare, here=here, places=places, asked=asked)

    @classmethod
    def read(
        cls,
        arrays: Mapping[str, Array],
        language: Language,
        glossary: Callable[[str], str],
        *,
        places: Mapping[str, int],
    ) -> "WordIndex":
        """Make an index again of its `arrays`."""
        compare, here = partial(_Compared.read, arrays), arrays["here"]
        return cls(language, glossary, compare=compare, here=here, places=places)

    def arrays(self) -> dict[str, Array]:
        """Return what `read` makes the same of, with the same glossary."""
        return {"here": self._here, **self._compared.arrays()}

    def bags(self, question: str) -> Iterator[str]:
        """Yield the stems of a question in the order of the alphabet: as typed, then as meant."""
        yield _bag(self._as_typed(question))
        if self._tokenize is not self._as_typed:
            yield _bag(self._tokenize(question))

    def match(self, question: str) -> Fit:
        """Return how each card fits a question."""
        spelled = self._tokenize.spelled(question)
        fit = Fit(*np.zeros((len(Fit._fields), len(self._places))))
        compared = self._compared
        fit.words[self._here] = compared.words.scores([stem for stem, _ in spelled])
        fit.pieces[self._here] = compared.pieces.scores(self._split(question))
        held = compared.held.shares(spelled)
        fit.coverage[self._here], fit.resemblance[self._here], fit.unheard[:] = held
        return fit

    def get_ready(self) -> None:
        """Put together what compares the cards, so that no question need wait for it."""
        _ = self._compared

    @cached_property
    def _compared(self) -> "_Compared":
        made = self._compare()
        self._compare = lambda: made  # The lines that were split for it can go.
        return made


@dataclass(frozen=True, slots=True)
class _Compared:
    """What the words of a question are compared with."""

    words: Terms
    pieces: Terms
    held: Held
    heard: Mapping[str, int]
    """How many cards hold each word."""

    @classmethod
    def of(
        cls, cards: Sequence[Card], spelled: _Spelled, stems: _Split, split: _Split
    ) -> "_Compared":
        """Put it together with what splits lines of cards into words, stems and pieces."""
        words = Terms.of([_joined(stems, asked_for(card)) for card in cards])
        pieces = Terms.of([_document(split, card) for card in cards])
        documents = [_joined(spelled, [card.title, *card.asked, card.text]) for card in cards]
        heard = Counter(word for each in documents for _, word in set(each))
        return cls(words, pieces, Held.of(documents), heard)

    def arrays(self) -> dict[str, Array]:
        """Return what `read` makes the same of."""
        heard = {
            "words": packed(self.heard),
            "counts": np.array([*self.heard.values()], dtype=np.int32),
        }
        parts = {
            "words": self.words.arrays(),
            "pieces": self.pieces.arrays(),
            "held": self.held.arrays(),
            "heard": heard,
        }
        return joined(parts)

    @classmethod
    def read(cls, arrays: Mapping[str, Array]) -> "_Compared":
        """Make it again of `arrays`."""
        words, pieces = (Terms.read(part(arrays, name)) for name in ("words", "pieces"))
        heard = part(arrays, "heard")
        counts = dict(zip(unpacked(heard["words"]), heard["counts"].tolist(), strict=True))
        return cls(words, pieces, Held.read(part(arrays, "held")), counts)


def _bag(stems: Sequence[str]) -> str:
    return " ".join(sorted(stems))


def _spelled_once(language: Language, glossary: Callable[[str], str]) -> _Spelled:
    """Return what spells the lines of cards: each line once, and each word as one string."""
    spelled = Tokenizer(language, glossary).spelled
    return cache(
        lambda line: [(sys.intern(stem), sys.intern(word)) for stem, word in spelled(line)]
    )


def _split_once(glossary: Callable[[str], str]) -> _Split:
    """Return what splits the lines of cards: each line once, and each piece as one string."""
    split = Pieces(glossary)
    return cache(lambda line: list(map(sys.intern, split(line))))


def asked_for(card: Card) -> list[str]:
    """Return the lines that a card is asked for with, or its text where nobody wrote them."""
    return [*[card.title] * TWICE, *(card.asked or [card.text])]


def document(card: Card) -> list[str]:
    """Return all texts of a card; those it is asked for with count twice."""
    return [*[card.title, *card.asked] * TWICE, card.text]


def _document(split: _Split, card: Card) -> list[str]:
    """Return the terms of `document`, of which the lines are split once."""
    return _joined(split, [card.title, *card.asked]) * TWICE + split(card.text)


def _joined(split: Callable[[str], list[Term]], texts: Sequence[str]) -> list[Term]:
    """Return the terms of several texts."""
    return list(chain.from_iterable(map(split, texts)))
