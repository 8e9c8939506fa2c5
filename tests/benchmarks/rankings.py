"""The cards as they are ranked for questions, and as if one of them were not there."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.app.assembly import App
from bot.backends.knowledge.nearest import VectorIndex
from bot.backends.knowledge.ranking import Ranking
from bot.backends.knowledge.search import as_embedded, rank
from bot.backends.knowledge.served import Served
from bot.backends.knowledge.vectors import Collections
from bot.core.messages import DEFAULT_LANGUAGE
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


def without(ranking: Ranking, place: int) -> Ranking:
    """Return a ranking as if a card were not there."""
    allowed = ranking.allowed.copy()
    allowed[place] = False
    return replace(ranking, allowed=allowed)
