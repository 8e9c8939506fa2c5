"""The cards as they are ranked for questions, and as if one of them were not there."""

from collections.abc import Mapping, Sequence
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
from bot.backends.language import LanguageGuess
from bot.backends.prompts import read_phrases
from bot.core.messages import DEFAULT_LANGUAGE, Language
from tests.benchmarks.questions import Asked


@dataclass(frozen=True, slots=True)
class Ranker:
    """Ranks the cards of the live version."""

    app: App
    served: Served
    vectors: VectorIndex

    @classmethod
    async def of(cls, app: App) -> "Ranker":
        live = await app.knowledge.versions.live()
        assert live is not None
        collections = await app.knowledge.indexes()
        assert isinstance(collections, Collections)
        model = app.knowledge.embeddings(live.embeddings)
        served = Served.of(await app.knowledge.versions.content(live))
        return cls(app, served, VectorIndex(collections, live.name, model))

    def states(self, asked: Asked) -> Sequence[Ranking]:
        """Return the ranking by the whole search, and the one by the words alone."""
        language = asked.language or self.app.guess(asked.text) or DEFAULT_LANGUAGE
        question = as_embedded(asked.text, language, self.served.glossary)
        similar = self.vectors.similarities(question)
        return [
            rank(self.served, asked.text, language, similar),
            rank(self.served, asked.text, language, None),
        ]


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
        cls, content: Content, asked: Sequence[Asked], *, model: Embeddings, prompts: Path
    ) -> "Tried":
        served = Served.of(content)
        vectors = TextVectors.of(content, lambda: model, known={})
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


def without(ranking: Ranking, place: int) -> Ranking:
    """Return a ranking as if a card were not there."""
    allowed = ranking.allowed.copy()
    allowed[place] = False
    return replace(ranking, allowed=allowed)
