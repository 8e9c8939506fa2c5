"""The one way in which a folder becomes the version that answers."""

import asyncio
import re
import uuid
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol

from bot.backends.knowledge.content import Content
from bot.backends.knowledge.findings import Finding
from bot.backends.knowledge.folder import check_folder
from bot.backends.knowledge.versions import KEPT, Version, Versions
from bot.core.ports import KnowledgeError

_RECIPE = "texts2"
"""How texts are prepared for an index, in whose name it stands; one of another is built anew."""

Progress = Callable[[int, int], None]
"""Hears how many of how many texts are in the index."""


class Index(Protocol):
    """The vectors of one version."""

    def build(self, content: Content, *, previous: str | None, on_progress: Progress) -> int:
        """Write them all; return how many texts were embedded."""
        ...


OpenIndex = Callable[[str, str], Index]
"""Opens the index of this name with the embeddings of that name; slow at first."""


class MistakesError(KnowledgeError):
    """The folder has mistakes, so that it is not published."""

    def __init__(self, findings: tuple[Finding, ...], folder: Path) -> None:
        super().__init__("folder_mistakes", count=len(findings), path=folder)
        self.findings = findings


@dataclass(frozen=True, slots=True)
class Published:
    """What publishing did: the live version, and how many texts were embedded for it."""

    version: Version
    embedded: int
    is_new: bool


class Publisher:
    """Checks, builds beside, switches. One process at a time; the others wait their turn."""

    def __init__(
        self,
        folder: Path,
        *,
        versions: Versions,
        open_index: OpenIndex,
        has_index: Callable[[str], Awaitable[bool]],
        drop_index: Callable[[str], None],
        embeddings: str,
        exclusive: Callable[[], AbstractAsyncContextManager[None]],
        today: Callable[[], date],
    ) -> None:
        self._folder = folder
        self._versions = versions
        self._open_index = open_index
        self._has_index = has_index
        self._drop_index = drop_index
        self._embeddings = embeddings
        self._exclusive = exclusive
        self._today = today

    async def publish(
        self,
        *,
        on_progress: Progress = lambda _done, _total: None,
        on_words: Callable[[Version, Content], Awaitable[None]] | None = None,
    ) -> Published:
        """Publish the folder if it or the embeddings changed since they were last considered.

        `on_words` hears of a first version as soon as it can be searched by its words.

        Raises:
            MistakesError: the folder has mistakes; what was live stays live.
            KnowledgeError: the folder, the lock or the index cannot be used.
            ModelError: the embeddings cannot be loaded.
        """
        async with self._exclusive():
            content, live = await self._due()
            if content is None and live is not None:
                return Published(live, 0, is_new=False)
            return await self._build(content or Content(), live, on_progress, on_words)

    async def _due(self) -> tuple[Content | None, Version | None]:
        """Return what is to be published, or nothing, and what is live."""
        checked = await asyncio.to_thread(check_folder, self._folder, today=self._today())
        live = await self._versions.live()
        is_considered = checked.content.hash() == await self._versions.considered()
        if live is None or not is_considered:
            if checked.mistakes:
                raise MistakesError(checked.findings, self._folder)
            return checked.content, live
        is_built = live.state == "whole" and live.embeddings == self._embeddings
        is_current = is_built and f"-{_RECIPE}-" in live.name
        if not is_current or not await self._has_index(live.name):
            return await self._versions.content(live), live
        if checked.mistakes:  # A broken file beside cards that did not change.
            raise MistakesError(checked.findings, self._folder)
        return None, live

    async def _build(
        self,
        content: Content,
        live: Version | None,
        on_progress: Progress,
        on_words: Callable[[Version, Content], Awaitable[None]] | None,
    ) -> Published:
        await self._clean(live)
        hash_ = content.hash()
        version = await self._versions.add(
            index_name(hash_, self._embeddings),
            content=content,
            hash_=hash_,
            embeddings=self._embeddings,
        )
        if live is None:
            await self._versions.mark(version, "words")
            await self._versions.switch(version)
            if on_words:
                await on_words(version, content)
        index = await asyncio.to_thread(self._open_index, version.name, self._embeddings)
        previous = live.name if live and live.embeddings == self._embeddings else None
        embedded = await asyncio.to_thread(
            index.build, content, previous=previous, on_progress=on_progress
        )
        await self._versions.mark(version, "whole")
        await self._versions.switch(version)
        whole = await self._versions.live()
        return Published(whole or version, embedded, is_new=True)

    async def _clean(self, live: Version | None) -> None:
        """Delete what a killed build left, and versions older than the last ten."""
        versions = [
            version
            for version in await self._versions.all()
            if live is None or version.number != live.number
        ]
        # With the live one and the one about to be built these are KEPT.
        kept = [version for version in versions if version.state == "whole"][: KEPT - 2]
        for version in versions:
            if version not in kept:
                await asyncio.to_thread(self._drop_index, version.name)
                await self._versions.remove(version)


def index_name(hash_: str, embeddings: str) -> str:
    """Name a version's collection anew: by its content, its embeddings and a random part."""
    model = re.sub(r"[^A-Za-z0-9]+", "-", embeddings).strip("-")[:80] or "embeddings"
    return f"akar-{hash_}-{model}-{_RECIPE}-{uuid.uuid4().hex[:6]}"
