"""The nearest texts of a question, in the collection of one version."""

from collections.abc import Iterator

import numpy as np
from langchain_chroma import Chroma
from langchain_core.embeddings import Embeddings

from bot.backends.knowledge.texts import NEAREST, Scale, card_of
from bot.backends.knowledge.vectors import COSINE, Collections
from bot.backends.models import Vector
from bot.core.ports import KnowledgeError


class _Collection(Chroma):
    """LangChain's Chroma, which can also be asked for distances alone, in half the time."""

    def nearest(self, vector: Vector, *, limit: int) -> Iterator[tuple[str, float]]:
        """Yield the ids of the nearest texts, each with its cosine distance: less is nearer."""
        found = self._collection.query(
            query_embeddings=np.asarray([vector], dtype=np.float32),
            n_results=limit,
            include=["distances"],
        )
        distances = found["distances"] or [[]]
        yield from zip(found["ids"][0], distances[0], strict=True)


class VectorIndex:
    """The collection of one version, open for reading."""

    def __init__(self, collections: Collections, name: str, embeddings: Embeddings) -> None:
        """Open it.

        Raises:
            KnowledgeError: there is no such collection, or Chroma failed.
        """
        self._scale = Scale.of(*collections.sample(name))
        self._chroma = _Collection(
            client=collections.client,
            collection_name=name,
            embedding_function=embeddings,
            collection_metadata=dict(COSINE),
        )
        self._embeddings = embeddings

    def similarities(self, question: str) -> dict[str, float]:
        """Return how like the question each of the nearest cards is, in the units of `Scale`.

        Raises:
            KnowledgeError: the model or Chroma failed.
        """
        try:
            vector = self._embeddings.embed_query(question)
            found = list(self._chroma.nearest(vector, limit=NEAREST))
        except Exception as error:  # A provider's own errors, Chroma's, and the network's.
            raise KnowledgeError("search_failed", reason=error) from error
        return self._scale.likeness([(card_of(id_), 1.0 - distance) for id_, distance in found])
