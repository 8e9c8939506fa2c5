"""Vectors of the cards in Chroma: a collection a version, written once and then only read."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import chromadb
import numpy as np
from chromadb.api import ClientAPI
from chromadb.config import Settings
from chromadb.errors import ChromaError, NotFoundError
from filelock import FileLock
from langchain_chroma import Chroma
from langchain_core.embeddings import Embeddings

from bot.backends.knowledge.content import Content
from bot.backends.knowledge.words import Glossary
from bot.backends.models import Remembering, Vector
from bot.core.messages import DEFAULT_LANGUAGE
from bot.core.ports import KnowledgeError

CHROMA_FOLDER = "chroma"

_COSINE = {"hnsw:space": "cosine"}
_LEAD = 300  # Characters of a card's text; more take seconds and found no card more (measured).
_BATCH = 16  # Texts embedded at once; small, so that progress shows and a stop is quick.
_PATIENCE = 10.0  # Seconds for an answer of a Chroma server.
_SAMPLE = 1000  # Texts that the scale of similarities is measured on.
_NEAREST = 256  # Texts found for a question; a card has about fifteen. Fewer rank worse (measured).


@dataclass(frozen=True, slots=True)
class Text:
    """One text that a card is found by."""

    id: str
    card: str
    text: str


def texts_of(content: Content) -> Iterator[Text]:
    """Yield the texts each card is found by: its title, how its text begins, each asked line.

    They are in the words that are meant, as questions are compared with them.
    """
    glossary = Glossary(content.glossary)
    for card in content.cards:
        texts = (card.title, f"{card.title}\n{card.text[:_LEAD]}", *card.asked)
        meant = map(glossary, texts) if card.language == DEFAULT_LANGUAGE else texts
        for place, text in enumerate(dict.fromkeys(meant)):
            yield Text(f"{card.name}.{card.language}.{place}", card.name, text)


def _card_of(text_id: str) -> str:
    """Return the card that a text of this id finds."""
    return text_id.rsplit(".", 2)[0]


def connect(folder: Path, url: str | None) -> ClientAPI:
    """Open Chroma: embedded in the data folder, or the server at `url`.

    Raises:
        KnowledgeError: the server cannot be reached, or the folder cannot be used.
    """
    settings = Settings(anonymized_telemetry=False)
    try:
        if url:
            return _connect_server(url, settings)
        with FileLock(folder / "chroma.lock"):  # Two first starts must not both make its tables.
            return chromadb.PersistentClient(str(folder / CHROMA_FOLDER), settings=settings)
    except Exception as error:  # Chroma raises ValueError, its own errors and its engine's.
        if url:
            raise KnowledgeError("chroma_away", url=url) from error
        raise KnowledgeError("chroma_unusable", path=folder, reason=error) from error


def _connect_server(url: str, settings: Settings) -> ClientAPI:
    parts = urlsplit(url)
    is_safe = parts.scheme == "https"
    port = parts.port or (443 if is_safe else 8000)
    client: Any = chromadb.HttpClient(
        parts.hostname or "localhost", port, is_safe, settings=settings
    )
    client._server._session.timeout = _PATIENCE  # It waits for ever, and has no setting for that.
    return client  # type: ignore[no-any-return] # its private parts have no types


def disconnect(client: ClientAPI) -> None:
    """Let go of what a client holds open."""
    parts: Any = client  # Private ones, and close() is the clients' own, not their interface's.
    servers = [parts._server, parts._admin_client._server]
    parts.close()
    for server in servers:
        if hasattr(server, "_session"):
            server._session.close()  # A server's client leaves its connections open.


def exists(client: ClientAPI, name: str) -> bool:
    """Say whether there is a collection of this name.

    Raises:
        KnowledgeError: Chroma failed.
    """
    try:
        client.get_collection(name, embedding_function=None)
    except (NotFoundError, ValueError):
        return False
    except Exception as error:  # Chroma's own errors, and the network's.
        raise KnowledgeError("search_failed", reason=error) from error
    return True


def drop(client: ClientAPI, name: str) -> None:
    """Delete a collection if it is there."""
    with suppress(NotFoundError, ValueError):
        client.delete_collection(name)


@dataclass(frozen=True, slots=True)
class Scale:
    """Makes the cosine similarities of different models comparable.

    0 is what two texts of different cards have on average, 1 what two texts of one card have.
    """

    different: float = 0.0
    same: float = 1.0

    @classmethod
    def of(cls, vectors: "np.ndarray[Any, Any]", cards: Sequence[str]) -> "Scale":
        """Measure the two on an index's own texts."""
        names = np.asarray(cards)
        unit = vectors / (np.linalg.norm(vectors, axis=1, keepdims=True) + 1e-12)
        similar = unit @ unit.T
        is_same = names[:, None] == names[None, :]
        nearest = np.where(is_same & ~np.eye(len(names), dtype=bool), similar, -1.0).max(axis=1)
        has_other = nearest > -1.0
        if is_same.all() or not has_other.any():
            return cls()
        different = float(similar[~is_same].mean())
        return cls(different, max(float(nearest[has_other].mean()), different + 1e-3))

    def __call__(self, cosine: float) -> float:
        """Return a cosine similarity in these units."""
        return (cosine - self.different) / (self.same - self.different)


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
    """The collection of one version."""

    def __init__(self, client: ClientAPI, name: str, embeddings: Embeddings) -> None:
        self._client = client
        self._name = name
        self._embeddings = embeddings
        self._chroma: _Collection | None = None
        self._scale = Scale()

    def build(
        self,
        content: Content,
        *,
        previous: str | None,
        on_progress: Callable[[int, int], None],
    ) -> int:
        """Write the collection; texts that the collection `previous` holds are not embedded again.

        Returns how many texts were embedded.

        Raises:
            KnowledgeError: the model or Chroma failed, or did not take every text.
        """
        # A batch takes as long as its longest text for each of its texts.
        texts = sorted(texts_of(content), key=lambda text: len(text.text))
        counts: list[int] = []
        known = self._vectors(previous) if previous else {}
        chroma = self._open(Remembering(self._embeddings, known, on_embedded=counts.append))
        for start in range(0, len(texts), _BATCH):
            self._add(texts[start : start + _BATCH], chroma)
            on_progress(min(start + _BATCH, len(texts)), len(texts))
        if self._collection().count() != len(texts):
            raise KnowledgeError("index_incomplete", name=self._name)
        return sum(counts)

    def open(self) -> None:
        """Open the collection for reading.

        Raises:
            KnowledgeError: there is no such collection, or Chroma failed.
        """
        try:
            found = self._collection().get(include=["embeddings", "metadatas"], limit=_SAMPLE)
        except NotFoundError as error:
            raise KnowledgeError("index_missing", name=self._name) from error
        except Exception as error:  # Chroma's own errors, and the network's.
            raise KnowledgeError("search_failed", reason=error) from error
        cards = [str(metadata["card"]) for metadata in found["metadatas"]]
        self._scale = Scale.of(np.asarray(found["embeddings"]), cards)
        self._chroma = self._open(self._embeddings)

    def similarities(self, question: str) -> dict[str, float]:
        """Return how like the question each of the nearest cards is, in the units of `Scale`.

        Raises:
            KnowledgeError: the model or Chroma failed.
        """
        if self._chroma is None:
            raise KnowledgeError("index_missing", name=self._name)
        try:
            vector = self._embeddings.embed_query(question)
            found = list(self._chroma.nearest(vector, limit=_NEAREST))
        except Exception as error:  # A provider's own errors, Chroma's, and the network's.
            raise KnowledgeError("search_failed", reason=error) from error
        nearest: dict[str, float] = {}
        for text_id, distance in found:
            card = _card_of(text_id)
            likeness = self._scale(1.0 - distance)
            nearest[card] = max(nearest.get(card, likeness), likeness)
        return nearest

    def _add(self, batch: Sequence[Text], chroma: _Collection) -> None:
        try:
            chroma.add_texts(
                [text.text for text in batch],
                metadatas=[{"card": text.card} for text in batch],
                ids=[text.id for text in batch],
            )
        except Exception as error:  # A provider's own errors, Chroma's, and the network's.
            raise KnowledgeError("index_failed", name=self._name, reason=error) from error

    def _open(self, embeddings: Embeddings) -> _Collection:
        return _Collection(
            client=self._client,
            collection_name=self._name,
            embedding_function=embeddings,
            collection_metadata=dict(_COSINE),
        )

    def _collection(self, name: str = "") -> Any:
        return self._client.get_collection(name or self._name, embedding_function=None)

    def _vectors(self, name: str) -> dict[str, Vector]:
        """Return the vector of each text in another collection."""
        try:
            found = self._collection(name).get(include=["documents", "embeddings"])
        except (ChromaError, ValueError):
            return {}
        vectors = (vector.tolist() for vector in found["embeddings"])
        return dict(zip(found["documents"], vectors, strict=True))
