"""The nearest texts of a question, in the collection of one version."""

from collections.abc import Iterator

from langchain_chroma import Chroma
from langchain_core.embeddings import Embeddings
from threadpoolctl import threadpool_limits

from bot.backends.knowledge.spaces import Array, Space, units
from bot.backends.knowledge.texts import NEAREST, card_of, embedded_question, space_of
from bot.backends.knowledge.vectors import COSINE, Collections
from bot.core.ports import KnowledgeError


class _Collection(Chroma):
    """LangChain's Chroma, which can also be asked for ids alone, in half the time."""

    def nearest(self, vector: Array, *, limit: int) -> Iterator[str]:
        """Yield the ids of the nearest texts."""
        found = self._collection.query(
            query_embeddings=vector[None],
            n_results=limit,
            include=[],
        )
        yield from found["ids"][0]


class VectorIndex:
    """The collection of one version, open for reading: its vectors are held in memory, too."""

    def __init__(
        self,
        collections: Collections,
        name: str,
        embeddings: Embeddings,
        *,
        space: Space | None = None,
    ) -> None:
        """Open it; `space` is what its vectors make, where that was kept.

        Raises:
            KnowledgeError: there is no such collection, or Chroma failed.
        """
        # Spread over processors, so small a product waits for them longer than it takes.
        threadpool_limits(limits=1, user_api="blas")
        collections.collection(name)  # LangChain would make one that is missing.
        self.space = space or _space(collections, name)
        self._chroma = _Collection(
            client=collections.client,
            collection_name=name,
            embedding_function=embeddings,
            collection_metadata=dict(COSINE),
        )
        self._embeddings = embeddings

    def similarities(self, question: str) -> dict[str, float]:
        """Return how like the question each of the nearest cards is, in the units of `Space`.

        Raises:
            KnowledgeError: the model or Chroma failed.
        """
        vector = embedded_question(self._embeddings, question)
        try:
            near = {card_of(id_) for id_ in self._chroma.nearest(vector, limit=NEAREST)}
        except Exception as error:  # Chroma's own errors, and the network's.
            raise KnowledgeError("search_failed", reason=error) from error
        return self.space.similarities(vector, near)


def _space(collections: Collections, name: str) -> Space:
    vectors, ids = collections.rows(name)
    return space_of(units(vectors), ids)
