"""A publisher with everything around it: a folder, a database, Chroma, and a model of letters."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import pytest
from chromadb.api import ClientAPI
from langchain_core.embeddings import Embeddings

from bot.backends.knowledge.content import Content
from bot.backends.knowledge.kept import KeptSpaces, KeptWords
from bot.backends.knowledge.pinned import Tried
from bot.backends.knowledge.product_models import ProductModels
from bot.backends.knowledge.publish import Published, Publisher, Wishes
from bot.backends.knowledge.served import Served
from bot.backends.knowledge.stamp import Stamp
from bot.backends.knowledge.texts import TextVectors
from bot.backends.knowledge.trial import Trial
from bot.backends.knowledge.vectors import Collections, connect
from bot.backends.knowledge.versions import Version, Versions
from bot.backends.store.database import Database, open_database
from tests.fakes import TODAY
from tests.integration.knowledge_folders import write


async def nothing(_version: Version, _content: Content) -> None:
    """Hear of a first version."""


WORDS_FIRST = Wishes(on_words=nothing)


class Letters(Embeddings):
    """Counts the letters of a text, and remembers what it was asked to embed."""

    def __init__(self) -> None:
        self.embedded: list[str] = []
        self.asked: list[str] = []

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        self.embedded += texts
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        self.asked.append(text)
        counts = Counter(text.casefold())
        return [1.0 + counts[letter] for letter in "abcdefghijklmnopqrstuvwxyz"]


class KilledError(Exception):
    """The program ended here."""


def killed(_done: int, _total: int) -> None:
    raise KilledError


class HalfWritten(Collections):
    """The program ends while a collection is written."""

    def write(
        self, name: str, vectors: TextVectors, questions: Mapping[str, Sequence[float]]
    ) -> None:
        half = replace(vectors, texts=vectors.texts[:3], matrix=vectors.matrix[:3])
        super().write(name, half, questions)
        raise KilledError


class Losing:
    """A collection that loses the first text of what it is given, or a client of such ones."""

    def __init__(self, real: Any) -> None:
        self.real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def create_collection(self, *given: Any, **named: Any) -> "Losing":
        return Losing(self.real.create_collection(*given, **named))

    def add(self, ids: list[str], **named: Any) -> None:
        self.real.add(ids, **named)
        self.real.delete(ids[:1])


class Swallowing(Collections):
    """Does not take every text."""

    def __init__(self, client: Any) -> None:
        super().__init__(cast("ClientAPI", Losing(client)))


@dataclass
class House:
    """A publisher with everything around it, its tools too."""

    folder: Path
    database: Database
    versions: Versions
    client: ClientAPI
    model: Letters = field(default_factory=Letters)
    kind: type[Collections] = Collections
    answers: dict[str, Tried] = field(default_factory=dict)
    """What questions are answered with, whatever is published; those left out are abstained on."""

    async def indexes(self) -> Collections:
        return self.kind(self.client)

    def embeddings(self, name: str) -> Embeddings:
        return self.model

    async def answering(self, _: Served, questions: Sequence[str]) -> list[Tried]:
        return [self.answers.get(question, Tried("abstain", "", "")) for question in questions]

    def trial(self, embeddings: str = "letters:first") -> Trial:
        return Trial(
            versions=self.versions,
            tools=self,
            embeddings=embeddings,
            answering=self.answering,
            products=ProductModels(self.database),
            today=lambda: TODAY,
        )

    def publisher(self, embeddings: str = "letters:first") -> Publisher:
        return Publisher(
            self.folder,
            versions=self.versions,
            tools=self,
            embeddings=embeddings,
            trial=self.trial(embeddings),
            products=ProductModels(self.database),
            spaces=KeptSpaces(self.folder.parent),
            words=KeptWords(self.folder.parent),
            stamp=Stamp(self.folder.parent),
            exclusive=lambda: self.database.exclusive("publish"),
            today=lambda: TODAY,
        )

    async def publish(
        self,
        files: dict[str, str] | None = None,
        *,
        embeddings: str = "letters:first",
        wishes: Wishes = WORDS_FIRST,
    ) -> Published:
        """Write the files, and publish; `model.embedded` holds what was embedded for it."""
        write(self.folder, files)
        self.model.embedded.clear()
        return await self.publisher(embeddings).publish(wishes)

    async def again(self) -> Published:
        """Publish the folder as it is."""
        return await self.publisher().publish()

    async def publish_killed(
        self, files: dict[str, str] | None = None, *, kind: type[Collections] = HalfWritten
    ) -> None:
        """Publish, and be killed while the index is built."""
        self.kind = kind
        with pytest.raises(KilledError):
            await self.publish(files)
        self.kind = Collections

    def collections(self) -> set[str]:
        return {collection.name for collection in self.client.list_collections()}

    def index_folders(self) -> list[Path]:
        """The folders in which Chroma keeps what it has written."""
        folder = Path(self.client.get_settings().persist_directory)
        return [path for path in folder.iterdir() if path.is_dir()]

    async def names(self) -> set[str]:
        return {version.name for version in await self.versions.all()}

    async def live(self) -> Version:
        version = await self.versions.live()
        assert version is not None
        return version


@asynccontextmanager
async def opened(folder: Path, data: Path) -> AsyncIterator[House]:
    async with open_database(data) as database:
        yield House(folder, database, Versions(database), connect(data, None))
