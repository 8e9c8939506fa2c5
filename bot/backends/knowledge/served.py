"""One published version, ready to be searched."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from itertools import chain
from typing import Any, Protocol, TypeVar

import numpy as np

from bot.backends.knowledge.calculators import formulas_of
from bot.backends.knowledge.cards import UNDATED, Card
from bot.backends.knowledge.content import LANGUAGES, Content, SourceEntry
from bot.backends.knowledge.journeys import journey_of
from bot.backends.knowledge.lack import Lack, lacks_nothing
from bot.backends.knowledge.lessons import lessons_of
from bot.backends.knowledge.markdown import CARD_LINK, linked_cards
from bot.backends.knowledge.nearness import NearnessIndex
from bot.backends.knowledge.products import ProductSorter
from bot.backends.knowledge.ranking import SECOND
from bot.backends.knowledge.safety import signs_of
from bot.backends.knowledge.terms import joined, part
from bot.backends.knowledge.vocabulary import Labelled
from bot.backends.knowledge.words import Fit, Glossary, WordIndex
from bot.core.messages import DEFAULT_LANGUAGE, Language, Passage, Source
from bot.core.paths import Journey
from bot.core.render import digest
from bot.core.signs import Signs
from bot.core.subjects import Lesson
from bot.core.sums import Formulas

Array = np.ndarray[Any, Any]

_Index = TypeVar("_Index")

_WORD = re.compile(r"\w+")
_SAID = "said"


class Similarities(Protocol):
    """Compares a question with the cards by meaning."""

    def similarities(self, question: str) -> Mapping[str, float]:
        """Return how like the question each of the nearest cards is: 0 not at all, 1 the same."""
        ...


@dataclass(frozen=True, slots=True)
class Served:
    """One published version, ready to be searched; without vectors by words only."""

    content: Content
    cards: Mapping[str, Mapping[Language, Card]]
    names: Mapping[str, str]
    """The name of each card by the digest of it."""
    places: Mapping[str, int]
    """Where each card stands in what is counted of all cards."""
    words: Mapping[Language, WordIndex]
    nearness: Mapping[Language, NearnessIndex]
    """Nothing where cards have lines that they are asked for with."""
    glossary: Callable[[str], str]
    passages: Mapping[tuple[str, Language], Passage]
    """Each card in each of its languages, as the core knows it."""
    others: frozenset[str]
    """The names of other parties, in small letters."""
    about: Mapping[str, frozenset[str]]
    """The cards that name each other party, in any of their languages."""
    foreign: frozenset[str]
    """The cards that nobody asks for without naming another party."""
    usual: Array
    """Whether each card may answer what names no other party."""
    unknown: Array
    """Whether each card says what is not known."""
    said: Labelled
    """The card that is asked for with exactly these words, in the order of the alphabet."""
    lacks: Callable[[str], Callable[[str], bool]]
    """Returns of a question what says whether a card lacks what it seeks.

    None does, where cards have no lines.
    """
    signs: Signs
    formulas: Mapping[Language, Formulas]
    journeys: Mapping[Language, Sequence[Journey]]
    lessons: Mapping[Language, Sequence[Lesson]]
    vectors: Similarities | None = None
    products: ProductSorter | None = None
    """Sorts products by the families of the version, if it has any and that is fitted."""

    @classmethod
    def of(
        cls,
        content: Content,
        vectors: Similarities | None = None,
        products: ProductSorter | None = None,
        *,
        kept: Mapping[str, Array] | None = None,
    ) -> "Served":
        """Index the words of a version, or make their index again of `kept`, its `arrays`."""
        cards: dict[str, dict[Language, Card]] = {}
        for card in content.cards:
            cards.setdefault(card.name, {})[card.language] = card
        glossary = Glossary(content.glossary)
        places = {name: place for place, name in enumerate(cards)}
        index = partial(_index, content.cards, glossary, places)
        read = partial(_read, kept or {}, glossary, places)
        words = {
            language: read(language) if kept else index(WordIndex.of, language)
            for language in LANGUAGES
        }
        meant = words[DEFAULT_LANGUAGE].meant
        said = (
            Labelled.read(part(kept, _SAID), list(places))
            if kept
            else Labelled.of(_said(words.values()), list(places))
        )
        nearness = {
            language: index(NearnessIndex, language)
            for language in ([] if content.has_lines else LANGUAGES)
        }
        names = {digest(name): name for name in cards}
        passages = {
            (card.name, card.language): _passage(card, content.sources) for card in content.cards
        }
        others = frozenset(map(str.casefold, content.program.others))
        foreign = frozenset(
            name
            for name, versions in cards.items()
            if all(_named(asked.casefold(), others) for asked in _all_asked(versions.values()))
        )
        usual = np.array([name not in foreign for name in cards], dtype=bool)
        unknown = np.array(
            [any(card.unknown for card in versions.values()) for versions in cards.values()],
            dtype=bool,
        )
        signs = signs_of(content.safety)
        formulas = {
            language: formulas_of(content.guidance.calculators, language) for language in LANGUAGES
        }
        journeys = {
            language: [
                journey_of(name, entry, language)
                for name, entry in content.guidance.journeys.items()
            ]
            for language in LANGUAGES
        }
        lessons = {
            language: lessons_of(content.guidance.lessons, language) for language in LANGUAGES
        }
        return cls(
            *(content, cards, names, places, words, nearness, meant, passages, others),
            *(_about(cards, others), foreign, usual, unknown, said),
            Lack(cards, meant) if content.has_lines else lambda _question: lacks_nothing,
            *(signs, formulas, journeys, lessons, vectors),
            products=products,
        )

    def arrays(self) -> dict[str, Array]:
        """Return the index of the words, as `of` takes it."""
        words = {str(language): words.arrays() for language, words in self.words.items()}
        return joined(words | {_SAID: self.said.arrays()})

    def rivals(self, question: str) -> frozenset[str]:
        """Return the names of other parties that a question mentions."""
        return _named(self.glossary(question), self.others)

    def _without(self, question: str, rivals: frozenset[str]) -> str:
        names = "|".join(rf"\b{name}\b" if name.isascii() else name for name in rivals)
        return re.sub(names, " ", self.glossary(question))

    def may_answer(self, card: str, rivals: frozenset[str]) -> bool:
        """Say whether a card is about the other parties named, each of them, or about none."""
        if not rivals:
            return card not in self.foreign
        return all(card in self.about[name] for name in rivals)

    def allowed(self, rivals: frozenset[str]) -> Array:
        """Say of each card whether it may answer."""
        if not rivals:
            return self.usual
        return np.array([self.may_answer(name, rivals) for name in self.places], dtype=bool)

    def spread(self, similar: Mapping[str, float]) -> Array:
        """Return how like a question each card is; those that were not found as the last found."""
        floor = min(similar.values())
        return np.array([similar.get(name, floor) for name in self.places])

    def asked_with(self, question: str, language: Language) -> str:
        """Return the card that is asked for with exactly these words, or nothing."""
        languages = dict.fromkeys((language, DEFAULT_LANGUAGE))
        bags = chain.from_iterable(self.words[each].bags(question) for each in languages)
        return next(filter(None, map(self.said.get, bags)), "")

    def fit(self, question: str, language: Language, rivals: frozenset[str]) -> Fit:
        """Return how the words of each card fit a question that names these other parties.

        Their names say nothing of its topic, but to a card that says that nothing is known of them.
        """
        fit = self.match(question, language)
        if not rivals:
            return fit
        rest = self.match(self._without(question, rivals), language)
        return Fit(*(np.where(self.unknown, *pair) for pair in zip(fit, rest, strict=True)))

    def match(self, question: str, language: Language) -> Fit:
        """Return how the words of each card fit, in this language or the default one.

        People mix languages, and most cards are written in the default one alone.
        """
        fit = self.words[DEFAULT_LANGUAGE].match(question)
        if language == DEFAULT_LANGUAGE:
            return fit
        return fit.or_better(self.words[language].match(question))

    def near(self, question: str, language: Language, scores: Array) -> Array:
        """Return how near its words each of the cards with the best scores holds what it seeks."""
        best = np.argsort(-scores, kind="stable")[:SECOND]
        near = np.zeros(len(scores))
        for each in dict.fromkeys((language, DEFAULT_LANGUAGE)):
            found = self.nearness[each].nearness(question, best.tolist())
            near[best] = np.maximum(near[best], found)
        return near

    def passage(
        self,
        name: str,
        language: Language,
        *,
        confidence: float,
        score: float = 0.0,
        evidence: tuple[tuple[str, float], ...] = (),
    ) -> Passage:
        """Return a card in the language, or in the default one, or in any."""
        versions = self.cards[name]
        told = next((each for each in (language, DEFAULT_LANGUAGE) if each in versions), None)
        passage = self.passages[name, told or next(iter(versions))]
        return replace(passage, confidence=confidence, score=score, evidence=evidence)


def _index(
    cards: Sequence[Card],
    glossary: Callable[[str], str],
    places: Mapping[str, int],
    kind: Callable[..., _Index],
    language: Language,
) -> _Index:
    """Index the cards of one language."""
    own = [card for card in cards if card.language == language]
    return kind(own, language, _meant(glossary, language), places=places)


def _read(
    arrays: Mapping[str, Array],
    glossary: Callable[[str], str],
    places: Mapping[str, int],
    language: Language,
) -> WordIndex:
    """Make the index of the words of one language again."""
    meant = _meant(glossary, language)
    return WordIndex.read(part(arrays, language), language, meant, places=places)


def _meant(glossary: Callable[[str], str], language: Language) -> Callable[[str], str]:
    return glossary if language == DEFAULT_LANGUAGE else Glossary({})


def _passage(card: Card, sources: Mapping[str, SourceEntry]) -> Passage:
    return Passage(
        card=card.name,
        title=card.title,
        text=CARD_LINK.sub(r"\1", card.text),
        topic=card.topic,
        links=tuple(linked_cards(card.text, of=card.name)),
        language=card.language,
        as_of=card.as_of,
        sources=tuple(source_of(sources[code]) for code in card.sources),
        seen=card.seen,
        unknown=card.unknown,
        review_by=_day(card.review_by),
        deadline=_day(card.deadline),
        valid_until=_day(card.valid_until),
    )


def source_of(entry: SourceEntry) -> Source:
    """Return a source as the core knows it."""
    published = "" if entry.date == UNDATED else entry.date
    return Source(entry.publisher, entry.title, entry.url, published)


def _day(iso: str) -> date | None:
    return date.fromisoformat(iso) if iso else None


def _named(lowered: str, others: frozenset[str]) -> frozenset[str]:
    """Return which of the other parties a text in small letters names."""
    words = frozenset(_WORD.findall(lowered))
    return frozenset(
        name for name in others if name in words or (not name.isascii() and name in lowered)
    )


def _said(words: Iterable[WordIndex]) -> Mapping[str, str]:
    """Return the card of each bag of words that one card alone is asked for with."""
    found: dict[str, str] = {}
    for index in words:
        for bag, name in index.asked:
            found[bag] = name if found.get(bag, name) == name else ""
    return {bag: name for bag, name in found.items() if name}


def _about(
    cards: Mapping[str, Mapping[Language, Card]], others: frozenset[str]
) -> Mapping[str, frozenset[str]]:
    """Return the cards that name each other party, in any of their languages."""
    texts = {name: "\n".join(map(_all_text, versions.values())) for name, versions in cards.items()}
    return {
        other: frozenset(name for name, text in texts.items() if other in text) for other in others
    }


def _all_asked(versions: Iterable[Card]) -> list[str]:
    """Return every asked line of a card, or its titles where it has none."""
    versions = list(versions)
    return [asked for card in versions for asked in card.asked] or [card.title for card in versions]


def _all_text(card: Card) -> str:
    return "\n".join([card.title, *card.asked, card.text]).casefold()
