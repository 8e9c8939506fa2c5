"""The one way in which a folder becomes the version that answers."""

import asyncio
import re
import uuid
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from bot.backends.knowledge.content import Content
from bot.backends.knowledge.findings import Finding
from bot.backends.knowledge.folder import Checked, check_folder
from bot.backends.knowledge.kept import KeptSpaces, KeptWords
from bot.backends.knowledge.product_models import ProductModels
from bot.backends.knowledge.served import Served
from bot.backends.knowledge.stamp import Stamp
from bot.backends.knowledge.texts import Progress, TextVectors
from bot.backends.knowledge.tools import Tools
from bot.backends.knowledge.trial import Once, Trial
from bot.backends.knowledge.versions import KEPT, Version, Versions
from bot.core.ports import KnowledgeError

_RECIPE = "texts3"
"""How texts are prepared for an index, in whose name it stands; one of another is built anew."""


class ChangedError(KnowledgeError):
    """The folder is not as it was when whoever publishes looked at it."""

    def __init__(self, folder: Path) -> None:
        super().__init__("folder_changed", path=folder)


class MistakesError(KnowledgeError):
    """The folder has mistakes, so that it is not published."""

    def __init__(self, findings: tuple[Finding, ...], folder: Path) -> None:
        count = sum(finding.level == "mistake" for finding in findings)
        super().__init__("folder_mistakes", count=count, path=folder)
        self.findings = findings


@dataclass(frozen=True, slots=True)
class Published:
    """What publishing did: the live version, and how many texts were embedded for it."""

    version: Version
    embedded: int
    is_new: bool


@dataclass(frozen=True, slots=True)
class Wishes:
    """What whoever publishes wants."""

    on_progress: Progress = lambda _done, _total: None
    """Hears how many of the texts that are new are embedded."""
    on_words: Callable[[Version, Content], Awaitable[None]] | None = None
    """Hears of a first version as soon as it can be searched by its words; without, it waits."""
    accept: bool = False
    """Publish although pinned questions are answered otherwise."""
    by: str = ""
    """Who it is, as it stands with the version."""
    prepare: Callable[[Path], None] = lambda _folder: None
    """Does something to the folder once nobody else publishes, before it is read."""
    only: str = ""
    """The hash that the folder must have then, if one is wanted."""


_NO_WISHES = Wishes()


class Publisher:
    """Checks, tries, builds beside, switches. One process at a time; the others wait their turn."""

    def __init__(
        self,
        folder: Path,
        *,
        versions: Versions,
        tools: Tools,
        embeddings: str,
        trial: Trial,
        products: ProductModels,
        spaces: KeptSpaces,
        words: KeptWords,
        stamp: Stamp,
        exclusive: Callable[[], AbstractAsyncContextManager[None]],
        today: Callable[[], date],
    ) -> None:
        self._folder = folder
        self._versions = versions
        self._tools = tools
        self._embeddings = embeddings
        self._trial = trial
        self._products = products
        self._spaces, self._words, self._stamp = spaces, words, stamp
        self._exclusive = exclusive
        self._today = today

    async def publish(self, wishes: Wishes = _NO_WISHES) -> Published:
        """Publish the folder if it or the embeddings changed since they were last considered.

        Raises:
            ChangedError: the folder is not the one that is wanted.
            MistakesError: the folder has mistakes, or breaks a pinned question; what was live
                stays live.
            KnowledgeError: the folder, the lock or the index cannot be used.
            ModelError: the embeddings cannot be loaded.
        """
        async with self._exclusive():
            await asyncio.to_thread(wishes.prepare, self._folder)
            live, stamp = await self._versions.live(), await self._stamped()
            if live and await self._is_as_it_was(live, stamp, wishes):
                return Published(live, 0, is_new=False)
            checked = await self._checked()
            published = await self._published(checked, live, wishes)
            if not checked.mistakes and stamp == await self._stamped():
                await asyncio.to_thread(self._stamp.keep, stamp, checked.content.hash())
            return published

    async def mend(self, wishes: Wishes = _NO_WISHES) -> None:
        """Build the index of the live version again where it is gone, whatever the folder holds.

        Raises:
            KnowledgeError: the lock or the index cannot be used.
            ModelError: the embeddings cannot be loaded.
        """
        async with self._exclusive():
            live = await self._versions.live()
            if live and not await self._is_whole(live):
                await self._build_again(live, replace(wishes, by=await self._switched_by()))

    async def roll_back(self, number: int | None, wishes: Wishes = _NO_WISHES) -> Version:
        """Make an earlier version live again; without a number, the last one before the live one.

        The folder stays as it is, and is published when it is changed again.

        Raises:
            KnowledgeError: there is no such version.
        """
        async with self._exclusive():
            live = await self._versions.live()
            kept = [one for one in await self._versions.all() if one.state == "whole"]
            older = [one for one in kept if live and one.number < live.number]
            found = older[:1] if number is None else [one for one in kept if one.number == number]
            if not found:
                numbers = ", ".join(str(one.number) for one in kept)
                raise KnowledgeError("version_unknown", numbers=numbers)
            if not await self._is_whole(found[0]):
                return (await self._build_again(found[0], wishes)).version
            await self._versions.switch(found[0], by=wishes.by)
            return found[0]

    async def _published(self, checked: Checked, live: Version | None, wishes: Wishes) -> Published:
        hash_ = checked.content.hash()
        if wishes.only not in ("", hash_):
            raise ChangedError(self._folder)
        if live is None or hash_ != await self._versions.considered():
            self._refuse(checked)
            if live and hash_ == live.hash and await self._is_whole(live):
                await self._versions.consider(hash_)  # Rolled back to, then edited back to.
                return Published(live, 0, is_new=False)
            return await self._publish(checked, live, wishes)
        if not await self._is_whole(live):
            return await self._build_again(live, replace(wishes, by=await self._switched_by()))
        self._refuse(checked)  # A broken file beside cards that did not change.
        await self._products.keep(checked.content)  # An older program fitted it otherwise.
        return Published(live, 0, is_new=False)

    async def _stamped(self) -> str:
        return await asyncio.to_thread(self._stamp.of, self._folder, today=self._today())

    async def _is_as_it_was(self, live: Version, stamp: str, wishes: Wishes) -> bool:
        """Say whether the folder is what it was when it was considered, and had no mistakes."""
        hash_ = await asyncio.to_thread(self._stamp.hash, stamp)
        is_wanted = bool(hash_) and wishes.only in ("", hash_)
        is_considered = is_wanted and hash_ == await self._versions.considered()
        return is_considered and await self._is_whole(live)

    async def _checked(self) -> Checked:
        return await asyncio.to_thread(check_folder, self._folder, today=self._today())

    def _refuse(self, checked: Checked) -> None:
        if checked.mistakes:
            raise MistakesError(checked.findings, self._folder)

    async def _switched_by(self) -> str:
        return (await self._versions.switched()).by

    async def _is_whole(self, live: Version) -> bool:
        """Say whether a version's vectors are there, made as they would be made now."""
        is_built = live.state == "whole" and live.embeddings == self._embeddings
        if not is_built or f"-{_RECIPE}-" not in live.name:
            return False
        indexes = await self._tools.indexes()
        return await asyncio.to_thread(indexes.exists, live.name)

    async def _publish(self, checked: Checked, live: Version | None, wishes: Wishes) -> Published:
        await self._clean(live)
        content = checked.content
        version = await self._words_first(content, wishes) if live is None else None
        await asyncio.to_thread(self._tools.embeddings, self._embeddings)  # A wrong name is told.
        await self._products.keep(content)
        vectors = await self._trial.prepare(content, wishes.on_progress)
        pins = await self._trial.pins()
        served = await asyncio.to_thread(Served.of, content)
        broken = await self._trial.broken(served, vectors, pins, lines=checked.pinned_lines)
        if not wishes.accept:
            await self._refuse_broken(broken, version)
        version = version or await self._add(content, by=wishes.by)
        considered, by = version.hash, wishes.by
        return await self._build(version, served, vectors, pins, considered=considered, by=by)

    async def _build_again(self, version: Version, wishes: Wishes) -> Published:
        """Build the index of a version anew and make it live, whatever the folder holds by now."""
        content = await self._versions.content(version)  # It may be the oldest, which goes now.
        await self._clean(await self._versions.live())
        await self._products.keep(content)
        vectors = await self._trial.prepare(content, wishes.on_progress)
        pins = await self._trial.pins()
        served = await asyncio.to_thread(Served.of, content)
        if version.state == "words" and not wishes.accept:  # It was never tried.
            broken = await self._trial.broken(served, vectors, pins, lines={})
            await self._refuse_broken(broken, version)
        again = await self._add(content, by=version.by)
        return await self._build(again, served, vectors, pins, considered=None, by=wishes.by)

    async def _words_first(self, content: Content, wishes: Wishes) -> Version | None:
        """Make a first version live before it has vectors, where somebody waits for it."""
        if not wishes.on_words:
            return None
        version = await self._add(content, by=wishes.by)
        await self._versions.mark(version, "words")
        await self._versions.switch(version, considered=version.hash, by=wishes.by)
        await wishes.on_words(version, content)
        return version

    async def _refuse_broken(self, broken: Sequence[Finding], version: Version | None) -> None:
        if not broken:
            return
        if version:
            await self._versions.withdraw()
        raise MistakesError(tuple(broken), self._folder)

    async def _add(self, content: Content, *, by: str) -> Version:
        hash_ = content.hash()
        return await self._versions.add(
            index_name(hash_, self._embeddings),
            content=content,
            hash_=hash_,
            embeddings=self._embeddings,
            by=by,
        )

    async def _build(
        self,
        version: Version,
        served: Served,
        vectors: TextVectors,
        pins: Once,
        *,
        considered: str | None,
        by: str,
    ) -> Published:
        indexes = await self._tools.indexes()
        await asyncio.to_thread(indexes.write, version.name, vectors, pins.used)
        await asyncio.to_thread(self._spaces.keep, version.name, vectors.space)
        await asyncio.to_thread(self._words.keep, version.name, served)
        await self._versions.mark(version, "whole")
        await self._versions.switch(version, considered=considered, by=by)
        return Published(replace(version, state="whole"), vectors.embedded, is_new=True)

    async def _clean(self, live: Version | None) -> None:
        """Delete what a killed build left, and versions older than the last ten."""
        versions = [
            version
            for version in await self._versions.all()
            if live is None or version.number != live.number
        ]
        # With the live one and the one about to be built these are KEPT.
        kept = [version for version in versions if version.state == "whole"][: KEPT - 2]
        gone = [version for version in versions if version not in kept]
        if not gone:
            return
        indexes = await self._tools.indexes()
        for version in gone:
            await asyncio.to_thread(indexes.drop, version.name)
            await self._versions.remove(version)


def index_name(hash_: str, embeddings: str) -> str:
    """Name a version's collection anew: by its content, its embeddings and a random part."""
    model = re.sub(r"[^A-Za-z0-9]+", "-", embeddings).strip("-")[:80] or "embeddings"
    return f"akar-{hash_}-{model}-{_RECIPE}-{uuid.uuid4().hex[:6]}"
