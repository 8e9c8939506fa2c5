"""The cards as they are ranked for questions, and as if a card or a line were not there."""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from langchain_core.embeddings import Embeddings

from bot.app.assembly import App
from bot.backends.knowledge.content import Content
from bot.backends.knowledge.groups import question_vectors
from bot.backends.knowledge.nearest import VectorIndex
from bot.backends.knowledge.ranking import Ranking
from bot.backends.knowledge.search import as_embedded, rank
from bot.backends.knowledge.served import Served
from bot.backends.knowledge.spaces import Array
from bot.backends.knowledge.texts import TextVectors
from bot.backends.knowledge.vectors import Collections
from bot.backends.knowledge.words import Fit
from bot.backends.language import LanguageGuess
from bot.backends.prompts import read_phrases
from bot.core.messages import DEFAULT_LANGUAGE, Language
from tests.benchmarks.questions import SEEN, Asked

_TENTHS = 10


@dataclass(frozen=True, slots=True)
class Ranker:
    """Ranks the cards of the live version."""

    app: App
    served: Served
    vectors: VectorIndex
    model: Embeddings
    known: Mapping[str, Array]
    """The vectors of the texts that cards are found by."""

    @classmethod
    async def of(cls, app: App) -> "Ranker":
        live = await app.knowledge.versions.live()
        assert live is not None
        collections = await app.knowledge.indexes()
        assert isinstance(collections, Collections)
        model = app.knowledge.embeddings(live.embeddings)
        served = Served.of(await app.knowledge.versions.content(live))
        vectors = VectorIndex(collections, live.name, model)
        return cls(app, served, vectors, model, collections.vectors(live.name))

    def states(self, asked: Asked) -> Sequence[Ranking]:
        """Return the ranking by the whole search, and the one by the words alone."""
        language = asked.language or self.app.guess(asked.text) or DEFAULT_LANGUAGE
        question = as_embedded(asked.text, language, self.served.glossary)
        similar = self.vectors.similarities(question)
        return [
            rank(self.served, asked.text, language, similar),
            rank(self.served, asked.text, language, None),
        ]

    def lines(self, prompts: Path) -> Iterator[tuple[Asked, Ranking]]:
        """Yield the two rankings for each line that a card is asked for with, as if without it."""
        for content, asked in lines_left_out(self.served.content):
            tried = Tried.of(content, asked, model=self.model, prompts=prompts, known=self.known)
            yield from zip(asked, tried.whole(), strict=True)
            yield from zip(asked, tried.words(), strict=True)


@dataclass(frozen=True, slots=True)
class Tried:
    """Questions searched for in a folder that is not published."""

    served: Served
    asked: Sequence[Asked]
    texts: Sequence[str]
    """The questions as they are embedded."""
    embedded: Array
    languages: Sequence[Language]
    similar: Sequence[Mapping[str, float]]

    @classmethod
    def of(
        cls,
        content: Content,
        asked: Sequence[Asked],
        *,
        model: Embeddings,
        prompts: Path,
        known: Mapping[str, Array] | None = None,
    ) -> "Tried":
        """Search for questions; `known` are the vectors of texts that are known already."""
        served = Served.of(content)
        vectors = TextVectors.of(content, lambda: model, known=known or {})
        guess = LanguageGuess(read_phrases(prompts))
        spoken = [one.language or guess(one.text) or DEFAULT_LANGUAGE for one in asked]
        texts = [
            as_embedded(one.text, language, served.glossary)
            for one, language in zip(asked, spoken, strict=True)
        ]
        embedded = question_vectors(texts, model)
        similar = [vectors.similarities(vector) for vector in embedded]
        return cls(served, asked, texts, embedded, spoken, similar)

    def whole(self) -> list[Ranking]:
        """Return the rankings by the whole search."""
        return [
            rank(self.served, one.text, language, similar)
            for one, language, similar in zip(self.asked, self.languages, self.similar, strict=True)
        ]

    def words(self) -> list[Ranking]:
        """Return the rankings by the words alone."""
        return [
            rank(self.served, one.text, language, None)
            for one, language in zip(self.asked, self.languages, strict=True)
        ]


def lines_left_out(content: Content) -> Iterator[tuple[Content, Sequence[Asked]]]:
    """Yield each tenth of the lines that cards are asked for with, beside a content without it."""
    for tenth in range(_TENTHS):
        asked = [
            Asked(line, line, card.name, card.language, (SEEN,), "lines")
            for card in content.cards
            for line in card.asked
            if _tenth(line) == tenth
        ]
        cards = (
            replace(card, asked=tuple(line for line in card.asked if _tenth(line) != tenth))
            for card in content.cards
        )
        yield replace(content, cards=tuple(cards)), asked


def _tenth(line: str) -> int:
    return zlib.crc32(line.encode()) % _TENTHS


def without(ranking: Ranking, place: int) -> Ranking:
    """Return a ranking as if a card were not there."""
    allowed = ranking.allowed.copy()
    allowed[place] = False
    return replace(
        ranking,
        fit=Fit(*(_least(values, place) for values in ranking.fit)),
        similar=None if ranking.similar is None else _least(ranking.similar, place),
        near=None if ranking.near is None else _least(ranking.near, place),
        allowed=allowed,
    )


def _least(values: Array, place: int) -> Array:
    """Return scores of which one is the least."""
    changed = values.copy()
    changed[place] = values.min()
    return changed
