"""The knowledge as the program uses it: opened, published, followed, searched."""

import asyncio
import contextlib
import ctypes
import gc
import logging
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from bot.backends.knowledge.content import Content
from bot.backends.knowledge.decision import Decision
from bot.backends.knowledge.difference import Difference, compare
from bot.backends.knowledge.folder import Checked, check_folder
from bot.backends.knowledge.kept import KeptIndex, KeptSpaces, KeptWords
from bot.backends.knowledge.lean import without_exporter, without_traced_types
from bot.backends.knowledge.pinned import Tried
from bot.backends.knowledge.product_models import ProductModels
from bot.backends.knowledge.publish import MistakesError, Published, Publisher, Wishes
from bot.backends.knowledge.search import CardSearch
from bot.backends.knowledge.served import Served, Similarities
from bot.backends.knowledge.stamp import Stamp
from bot.backends.knowledge.texts import Progress
from bot.backends.knowledge.trial import Preview, Trial
from bot.backends.knowledge.versions import Version, Versions
from bot.backends.store.database import Database
from bot.core.ports import BotError, Knowledge, KnowledgeError, StoreError

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

    from bot.backends.knowledge.nearest import VectorIndex
    from bot.backends.knowledge.vectors import Collections

log = logging.getLogger(__name__)

Asker = Callable[[Knowledge], Callable[[str], Awaitable[Tried]]]
"""Makes what answers questions from some knowledge as a person would be answered."""

_WORKERS = 8  # Searches at once: most wait for their question to be embedded with others.
_LOOK_EVERY = 2.0  # Seconds between looks at which version is live.
_TRYING = 2  # Searches at once while a version is tried; people's questions go on beside.
_RETRY_EVERY = 10.0  # Seconds before an index that failed to open is tried again.
_WITHOUT = ("it is not known which version is live: %s", "answering from the words alone: %s")


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
        decision: Decision,
        asker: Asker,
        today: Callable[[], date],
    ) -> None:
        self.decision = decision
        self.versions = Versions(database)
        self._products = ProductModels(database)
        self._executor = ThreadPoolExecutor(_WORKERS, "search")
        self.search = CardSearch(self.decision, self._executor)
        self._data, self._chroma_url = data, chroma_url
        self._collections: Collections | None = None
        self._models: dict[str, Embeddings] = {}
        self._connecting, self._loading = Lock(), Lock()  # Publishing and following both need it.
        self._asker = asker
        self.has_words = asyncio.Event()
        """Set once there is a version to answer from."""
        self.may_load = asyncio.Event()
        """Set: what takes seconds to load is loaded. A bot clears it until it can be reached."""
        self.may_load.set()
        self.has_opened = asyncio.Event()
        """Set once what is live is served as it is followed, or cannot be."""
        self._served = ""
        self._words: tuple[str, Served] | None = None
        self._opening = asyncio.Lock()
        self._folder = folder
        self._today = today
        self._spaces, self._kept_words = KeptSpaces(data), KeptWords(data)
        self._trial = Trial(
            versions=self.versions,
            tools=self,
            embeddings=embeddings,
            answering=self._answering,
            products=self._products,
            today=today,
        )
        self._publisher = Publisher(
            folder,
            versions=self.versions,
            tools=self,
            embeddings=embeddings,
            trial=self._trial,
            products=self._products,
            spaces=self._spaces,
            words=self._kept_words,
            stamp=Stamp(data),
            exclusive=lambda: database.exclusive("publish"),
            today=today,
        )

    async def publish(
        self,
        *,
        on_progress: Progress = lambda _done, _total: None,
        accept: bool = False,
        words_first: bool = False,
        by: str = "",
        prepare: Callable[[Path], None] = lambda _folder: None,
        only: str = "",
    ) -> Published:
        """Publish the folder if it changed; see `Publisher.publish` and `Wishes`.

        With `words_first` a first version answers by its words until it has vectors.
        """
        on_words = self._serve_first if words_first else None
        wishes = Wishes(on_progress, on_words, accept, by, prepare, only)
        try:
            return await self._publisher.publish(wishes)
        except MistakesError:
            if await self.versions.live() is None:  # A first version was withdrawn.
                self.has_words.clear()
                self.search.serve(Served.of(Content()))
            raise

    async def mend(self, *, on_progress: Progress) -> None:
        """Build the live version's index again where it is gone; see `Publisher.mend`."""
        await self._publisher.mend(Wishes(on_progress))

    async def roll_back(
        self, number: int | None, *, on_progress: Progress, by: str = ""
    ) -> Version:
        """Make an earlier version live again; see `Publisher.roll_back`."""
        return await self._publisher.roll_back(number, Wishes(on_progress, by=by))

    async def compare(self, folder: Path | None = None) -> Difference:
        """Say how the folder, or another one in its place, stands to what is live."""
        return await compare(await self._read(folder), self.versions)

    async def check(self, *, on_progress: Progress) -> Checked:
        """Read the folder and name everything that is wrong in it; see `Trial.check`."""
        return await self._trial.check(await self._read(), on_progress)

    async def preview(self, questions: Sequence[str], *, on_progress: Progress) -> Preview:
        """Say what publishing the folder would change for people; see `Trial.preview`.

        Raises:
            MistakesError: the folder has mistakes, so that it cannot be published.
        """
        checked = await self._read()
        if checked.mistakes:
            raise MistakesError(checked.findings, self._folder)
        return await self.try_out(checked, questions, on_progress=on_progress)

    async def try_out(
        self,
        checked: Checked,
        questions: Sequence[str],
        *,
        on_progress: Progress,
        enough: Callable[[], bool] = lambda: False,
    ) -> Preview:
        """Say what publishing a folder that was read would change; see `Trial.preview`."""
        return await self._trial.preview(checked, questions, on_progress, enough=enough)

    @property
    def served(self) -> str:
        """Return the name of the version that is served with its vectors, or nothing."""
        return self._served

    async def open_words(self) -> Version | None:
        """Serve the live version by its words, which takes a second at most; return it."""
        version = await self.versions.live()
        if version:
            await self._serve_words(version)
        return version

    async def open_kept(self) -> None:
        """Serve the live version with the vectors that are kept of it, until Chroma is open.

        Raises:
            BotError: the model cannot be used.
        """
        async with self._opening:
            version = None if self._served else await self.versions.live()
            if version is None or version.state != "whole":
                return
            if space := await asyncio.to_thread(self._spaces.load, version.name):
                embeddings = await asyncio.to_thread(self.embeddings, version.embeddings)
                await self._serve(version, KeptIndex(space, embeddings))

    async def open_whole(self) -> None:
        """Serve the live version with its vectors.

        Raises:
            BotError: Chroma or the model cannot be used.
        """
        async with self._opening:
            version = await self.versions.live()
            if version is None or version.state != "whole" or version.name == self._served:
                return
            collections = await self.indexes()
            await self._serve(version, await asyncio.to_thread(self._opened, version, collections))
            self._served = version.name
            await asyncio.to_thread(
                self._kept_words.keep, version.name, await self._worded(version)
            )
            await asyncio.to_thread(_set_aside_what_stays)

    async def follow(self, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """Serve whatever version is live, for ever; what fails is logged once and tried again."""
        failed = ""
        while True:
            try:
                await self._open_live()
                failed = ""
            except BotError as error:
                self._do_without(error, told=failed)
                failed = error.code
            self.has_opened.set()
            await sleep(_RETRY_EVERY if failed else _LOOK_EVERY)

    async def _open_live(self) -> None:
        if not self.has_words.is_set():  # Another process may publish them.
            await self.open_words()
        await self.open_kept()
        await self.open_whole()
        await asyncio.to_thread(self.search.get_ready)

    def _do_without(self, error: BotError, *, told: str) -> None:
        """Let no question wait for what cannot be opened."""
        is_known = not isinstance(error, StoreError)  # Else what is served is served on.
        if error.code != told:
            log.warning(_WITHOUT[is_known], error)
        if is_known:
            self.search.is_degraded = True
        if is_known and not self._served:
            self.search.forget_vectors()  # What is kept hides that the rest is gone.
        self.search.expect_no_vectors()

    async def indexes(self) -> "Collections":
        """Connect to Chroma, whose import takes seconds; see `Tools`."""
        await self.may_load.wait()
        return await asyncio.to_thread(self._connect)

    def embeddings(self, name: str) -> "Embeddings":
        """Load a model, which takes a second; see `Tools`."""
        from bot.backends.models import load_embeddings

        with self._loading:
            if name not in self._models:
                self._models[name] = load_embeddings(name)
            return self._models[name]

    def close(self) -> None:
        """Let go of Chroma, after the last search."""
        self._executor.shutdown(wait=False, cancel_futures=True)
        if self._collections is not None:
            self._collections.close()

    def _opened(self, version: Version, collections: "Collections") -> "VectorIndex":
        with without_traced_types():
            from bot.backends.knowledge.nearest import VectorIndex

        if self._served:
            collections.renew()
        embeddings, kept = self.embeddings(version.embeddings), self._spaces.load(version.name)
        index = VectorIndex(collections, version.name, embeddings, space=kept)
        if kept is None:
            self._spaces.keep(version.name, index.space)
        return index

    def _connect(self) -> "Collections":
        with without_exporter():
            from bot.backends.knowledge.vectors import Collections, connect

        with self._connecting:
            if self._collections is None:
                self._collections = Collections(connect(self._data, self._chroma_url))
            return self._collections

    async def _read(self, folder: Path | None = None) -> Checked:
        return await asyncio.to_thread(check_folder, folder or self._folder, today=self._today())

    async def _answering(self, served: Served, questions: Sequence[str]) -> list[Tried]:
        """Ask a version that is not live."""
        executor = ThreadPoolExecutor(_TRYING, "trial")
        search = CardSearch(self.decision, executor)
        search.serve(served)
        ask = self._asker(search)
        try:
            came = await asyncio.gather(*map(ask, questions))
        finally:
            executor.shutdown(wait=False, cancel_futures=True)
        if search.is_degraded:
            raise KnowledgeError("trial_failed")
        return came

    async def _serve_words(self, version: Version) -> None:
        """Serve a version by its words, and its products if what sorts them is there."""
        served = await self._worded(version)
        self.search.serve(replace(served, products=await self._products.kept(served.content)))
        self.has_words.set()

    async def _serve_first(self, version: Version, content: Content) -> None:
        await self._serve_words(version)
        await self.may_load.wait()
        products = await self._products.of(content)
        self.search.serve(replace(await self._worded(version), products=products))

    async def _serve(self, version: Version, vectors: Similarities) -> None:
        """Serve a version with its vectors."""
        served = await self._worded(version)
        products = await self._products.of(served.content)
        self.search.serve(replace(served, vectors=vectors, products=products))

    async def _worded(self, version: Version) -> Served:
        """Return a version as it answers by its words, which is put together once."""
        if self._words is None or self._words[0] != version.name:
            content = await self.versions.content(version)
            self._words = version.name, await asyncio.to_thread(self._index, version, content)
        return self._words[1]

    def _index(self, version: Version, content: Content) -> Served:
        return Served.of(content, kept=self._kept_words.load(version.name))


def _set_aside_what_stays() -> None:
    """Let the garbage collector pass over what is loaded now, and give back what was freed.

    Looking through all of it again, as the collector would every few hundred questions, stops
    everything for a tenth of a second. What writing an index took is freed in pieces, of which the
    C library would keep tens of megabytes.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    with contextlib.suppress(AttributeError):  # Another C library may have no such function.
        ctypes.CDLL(None).malloc_trim(0)
