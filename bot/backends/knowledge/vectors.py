"""Vectors of the cards in Chroma: a collection a version, written once and then only read."""

import shutil
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import chromadb
import numpy as np
from chromadb.api import ClientAPI
from chromadb.config import Settings
from chromadb.errors import NotFoundError
from filelock import FileLock

from bot.backends.knowledge.texts import Array, TextVectors
from bot.core.ports import KnowledgeError

CHROMA_FOLDER = "chroma"

COSINE = {"hnsw:space": "cosine"}
_TABLES = "chroma.sqlite3"  # In the embedded engine's folder: what there is.
_PATIENCE = 10.0  # Seconds for an answer of a Chroma server.
_READ_AT_ONCE = 2500  # Vectors; all at once take several times the memory on the way.
_WRITTEN_AT_ONCE = 500  # Texts; so many take little memory, and more are hardly faster.


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


def _questions(name: str) -> str:
    return f"{name}-pinned"


class Collections:
    """What is in Chroma: a collection for each version that is kept."""

    def __init__(self, client: ClientAPI) -> None:
        self.client = client

    def exists(self, name: str) -> bool:
        """Say whether there is a collection of this name.

        Raises:
            KnowledgeError: Chroma failed.
        """
        return self._found(name) is not None

    def vectors(self, name: str) -> Mapping[str, Array]:
        """Return the vector of each text in a collection; none where it is not there.

        Raises:
            KnowledgeError: Chroma failed.
        """
        collection = self._found(name)
        if collection is None:
            return {}
        try:
            found = collection.get(include=["documents", "embeddings"])
        except Exception as error:  # Chroma's own errors, and the network's.
            raise KnowledgeError("search_failed", reason=error) from error
        return dict(zip(found["documents"], found["embeddings"], strict=True))

    def questions(self, name: str) -> Mapping[str, Array]:
        """Return the vectors of the pinned questions that were written with a collection.

        Raises:
            KnowledgeError: Chroma failed.
        """
        return self.vectors(_questions(name))

    def write(
        self, name: str, vectors: TextVectors, questions: Mapping[str, Sequence[float]]
    ) -> None:
        """Write a new collection, and one beside it for the pinned questions' vectors.

        Raises:
            KnowledgeError: Chroma failed, or did not take every text.
        """
        texts = vectors.texts
        try:
            if questions:
                asked = list(questions)
                self._new(_questions(name)).add(
                    ids=asked, embeddings=[questions[text] for text in asked], documents=asked
                )
            collection = self._new(name)
            for start in range(0, len(texts), _WRITTEN_AT_ONCE):
                part = slice(start, start + _WRITTEN_AT_ONCE)
                collection.add(
                    ids=[text.id for text in texts[part]],
                    embeddings=vectors.matrix[part],
                    documents=[text.text for text in texts[part]],
                    metadatas=[{"card": text.card} for text in texts[part]],
                )
            count = collection.count()
        except Exception as error:  # Chroma's own errors, and the network's.
            raise KnowledgeError("index_failed", name=name, reason=error) from error
        if count != len(texts):
            raise KnowledgeError("index_incomplete", name=name)

    def collection(self, name: str) -> Any:
        """Return a collection.

        Raises:
            KnowledgeError: there is none of this name, or Chroma failed.
        """
        if (collection := self._found(name)) is None:
            raise KnowledgeError("index_missing", name=name)
        return collection

    def rows(self, name: str) -> tuple[Array, list[str]]:
        """Return the vectors of a collection, and the id of each one's text.

        Raises:
            KnowledgeError: there is no such collection, or Chroma failed.
        """
        collection = self.collection(name)
        try:
            starts = range(0, collection.count(), _READ_AT_ONCE)
            pages = [_page(collection, start) for start in starts]
        except Exception as error:  # Chroma's own errors, and the network's.
            raise KnowledgeError("search_failed", reason=error) from error
        vectors = np.concatenate([vectors for vectors, _ in pages]) if pages else np.zeros((0, 0))
        return vectors, [id_ for _, ids in pages for id_ in ids]

    def drop(self, name: str) -> None:
        """Delete a collection if it is there.

        Raises:
            KnowledgeError: Chroma failed.
        """
        for each in (name, _questions(name)):
            try:
                with suppress(NotFoundError, ValueError):
                    self.client.delete_collection(each)
            except Exception as error:  # Chroma's own errors, and the network's.
                raise KnowledgeError("index_failed", name=name, reason=error) from error
        self._sweep()

    def renew(self) -> None:
        """Start the embedded engine anew, which goes on holding every index that it has opened.

        Searches that are on their way end in the old one.
        """
        engine: Any = self.client
        if hasattr(engine._server, "bindings"):
            engine._server.start()

    def close(self) -> None:
        """Let go of what the client holds open."""
        parts: Any = self.client  # Private ones, and close() is the clients' own.
        servers = [parts._server, parts._admin_client._server]
        parts.close()
        for server in servers:
            if hasattr(server, "_session"):
                server._session.close()  # A server's client leaves its connections open.

    def _sweep(self) -> None:
        """Delete the files of collections that are gone, which the embedded engine leaves."""
        settings = self.client.get_settings()
        if not settings.is_persistent:
            return
        folder = Path(settings.persist_directory).resolve()
        url = f"{(folder / _TABLES).as_uri()}?mode=ro"
        try:
            there = [path for path in folder.iterdir() if path.is_dir()]
            with closing(sqlite3.connect(url, uri=True, timeout=_PATIENCE)) as tables:
                kept = {segment for (segment,) in tables.execute("SELECT id FROM segments")}
        except (OSError, sqlite3.Error):  # They are left for the next time.
            return
        for path in there:
            if path.name not in kept:
                shutil.rmtree(path, ignore_errors=True)

    def _new(self, name: str) -> Any:
        return self.client.create_collection(name, metadata=dict(COSINE), embedding_function=None)

    def _found(self, name: str) -> Any | None:
        try:
            return self.client.get_collection(name, embedding_function=None)
        except (NotFoundError, ValueError):
            return None
        except Exception as error:  # Chroma's own errors, and the network's.
            raise KnowledgeError("search_failed", reason=error) from error


def _page(collection: Any, start: int) -> tuple[Array, list[str]]:
    found = collection.get(include=["embeddings"], limit=_READ_AT_ONCE, offset=start)
    return np.asarray(found["embeddings"], dtype=np.float32), list(found["ids"])
