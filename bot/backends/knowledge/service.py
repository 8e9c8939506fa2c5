"""The knowledge as the program uses it: opened, published, followed, searched."""

import asyncio
import gc
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from bot.backends.knowledge.content import Content
from bot.backends.knowledge.decision import Decision
from bot.backends.knowledge.publish import Progress, Published, Publisher
from bot.backends.knowledge.search import CardSearch
from bot.backends.knowledge.served import Served
from bot.backends.knowledge.versions import Version, Versions
from bot.backends.store.database import Database
from bot.core.ports import BotError, StoreError

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from langchain_core.embeddings import Embeddings

    from bot.backends.knowledge.vectors import VectorIndex

log = logging.getLogger(__name__)

_WORKERS = 8  # Searches at once: most wait for their question to be embedded with others.
_LOOK_EVERY = 2.0  # Seconds between looks at which version is live.
_RETRY_EVERY = 10.0  # Seconds before an index that failed to open is tried again.


class KnowledgeService:
    """Holds the version that answers; Chroma and the model are loaded when first needed."""

    def __init__(
        self,
        database: Database,
        *,
        folder: Path,
        data: Path,
        chroma_url: str | None,
        embeddings: str,
        today: Callable[[], date],
    ) -> None:
        self.decision = Decision.read()
        self.versions = Versions(database)
        self._executor = ThreadPoolExecutor(_WORKERS, "search")
        self.search = CardSearch(self.decision, self._executor)
        self._data = data
        self._chroma_url = chroma_url
        self._client: ClientAPI | None = None
        self._models: dict[str, Embeddings] = {}
        self.has_words = asyncio.Event()
        """Set once there is a version to answer from."""
        self.may_load = asyncio.Event()
        """Set: what takes seconds to load is loaded. A bot clears it until it can be reached."""
        self.may_load.set()
        self._served = ""
        self._publisher = Publisher(
            folder,
            versions=self.versions,
            open_index=self._index,
            has_index=self._has_index,
            drop_index=self._drop,
            embeddings=embeddings,
            exclusive=lambda: database.exclusive("publish"),
            today=today,
        )

    async def publish(self, *, on_progress: Progress = lambda _done, _total: None) -> Published:
        """Publish the folder if it changed; see `Publisher.publish`."""
        return await self._publisher.publish(on_progress=on_progress, on_words=self._serve_first)

    async def open_words(self) -> Version | None:
        """Serve the live version by its words, which takes milliseconds; return it."""
        version = await self.versions.live()
        if version:
            await self._serve_words(version, await self.versions.content(version))
        return version

    async def open_whole(self) -> None:
        """Serve the live version with its vectors.

        Raises:
            BotError: Chroma or the model cannot be used.
        """
        version = await self.versions.live()
        if version is None or version.state != "whole" or version.name == self._served:
            return
        content = await self.versions.content(version)
        await self.may_load.wait()
        index = await asyncio.to_thread(self._index, version.name, version.embeddings)
        await asyncio.to_thread(index.open)
        served = await asyncio.to_thread(Served.of, content, index)
        self.search.serve(served)
        self._served = version.name
        await asyncio.to_thread(_set_aside_what_stays)

    async def follow(self, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """Serve whatever version is live, for ever; what fails is logged once and tried again."""
        failed = ""
        while True:
            try:
                if not self.has_words.is_set():  # Another process may publish them.
                    await self.open_words()
                await self.open_whole()
                failed = ""
            except StoreError as error:  # What is served is served on.
                if error.code != failed:
                    log.warning("it is not known which version is live: %s", error)
                failed = error.code
                self.search.expect_no_vectors()
            except BotError as error:
                if error.code != failed:
                    log.warning("answering from the words alone: %s", error)
                failed = error.code
                self.search.expect_no_vectors()
                self.search.is_degraded = True
            await sleep(_RETRY_EVERY if failed else _LOOK_EVERY)

    def close(self) -> None:
        """Let go of Chroma, after the last search."""
        self._executor.shutdown(wait=False, cancel_futures=True)
        if self._client is not None:
            from bot.backends.knowledge.vectors import disconnect

            disconnect(self._client)

    async def _serve_words(self, _version: Version, content: Content) -> None:
        self.search.serve(await asyncio.to_thread(Served.of, content))
        self.has_words.set()

    async def _serve_first(self, version: Version, content: Content) -> None:
        await self._serve_words(version, content)
        await self.may_load.wait()

    async def _has_index(self, name: str) -> bool:
        """Say whether the vectors of a version are there; they may not have come along."""
        await self.may_load.wait()

        def look() -> bool:
            from bot.backends.knowledge.vectors import exists

            return exists(self._chroma(), name)

        return await asyncio.to_thread(look)

    def _drop(self, name: str) -> None:
        from bot.backends.knowledge.vectors import drop

        drop(self._chroma(), name)

    def _chroma(self) -> "ClientAPI":
        from bot.backends.knowledge.vectors import connect

        if self._client is None:
            self._client = connect(self._data, self._chroma_url)
        return self._client

    def _index(self, name: str, embeddings: str) -> "VectorIndex":
        """Open the vectors of a version; imports Chroma and LangChain, which takes seconds."""
        from bot.backends.knowledge.vectors import VectorIndex
        from bot.backends.models import load_embeddings

        if embeddings not in self._models:
            self._models[embeddings] = load_embeddings(embeddings)
        return VectorIndex(self._chroma(), name, self._models[embeddings])


def _set_aside_what_stays() -> None:
    """Let the garbage collector pass over what is loaded now.

    Looking through all of it again, as it would every few hundred questions, stops everything
    for a tenth of a second.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
