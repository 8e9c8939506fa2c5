"""What publishing needs that takes seconds to load."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from bot.backends.knowledge.texts import Array, TextVectors

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings


class Indexes(Protocol):
    """Where the vectors of each version are kept."""

    def exists(self, name: str) -> bool:
        """Say whether there is an index of this name."""
        ...

    def vectors(self, name: str) -> Mapping[str, Array]:
        """Return the vector of each text in it; none where it is not there."""
        ...

    def questions(self, name: str) -> Mapping[str, Array]:
        """Return the vectors of the pinned questions that were written with it."""
        ...

    def rows(self, name: str) -> tuple[Array, list[str]]:
        """Return the vectors of an index, and the card of each."""
        ...

    def write(
        self, name: str, vectors: TextVectors, questions: Mapping[str, Sequence[float]]
    ) -> None:
        """Write a new one."""
        ...

    def drop(self, name: str) -> None:
        """Delete it if it is there."""
        ...


class Tools(Protocol):
    """What takes seconds to load, and is loaded when it is first needed."""

    async def indexes(self) -> Indexes:
        """Connect to where the indexes are.

        Raises:
            KnowledgeError: it cannot be reached or used.
        """
        ...

    def embeddings(self, name: str) -> "Embeddings":
        """Load a model.

        Raises:
            ModelError: it cannot be loaded.
        """
        ...
