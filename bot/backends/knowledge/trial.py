"""Tries a folder before it is live: what it lacks, what it would answer, what would change."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.backends.knowledge.asked import unfound_questions
from bot.backends.knowledge.content import Content
from bot.backends.knowledge.findings import Finding, in_order
from bot.backends.knowledge.folder import Checked
from bot.backends.knowledge.pinned import Answering, Tried, broken_pins
from bot.backends.knowledge.served import Served
from bot.backends.knowledge.texts import Array, Compared, EmbedsQuestions, Progress, TextVectors
from bot.backends.knowledge.tools import Tools
from bot.backends.knowledge.versions import Version, Versions

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

NOTHING = Tried("", "", "")
"""What is answered while nothing is live."""


@dataclass(frozen=True, slots=True)
class Change:
    """A question that would be answered otherwise."""

    question: str
    is_pinned: bool
    before: Tried
    after: Tried


@dataclass(frozen=True, slots=True)
class Preview:
    """What publishing the folder would change for people."""

    asked: int
    changes: tuple[Change, ...]
    broken: tuple[Finding, ...]
    """Pinned questions that it breaks."""


class Trial:
    """Asks a folder's content, whose texts get their vectors in memory; nothing is written."""

    def __init__(
        self, *, versions: Versions, tools: Tools, embeddings: str, answering: Answering
    ) -> None:
        self._versions = versions
        self._tools = tools
        self._embeddings = embeddings
        self._answering = answering
        self._pinned: Once | None = None

    async def check(self, checked: Checked, on_progress: Progress) -> Checked:
        """Add to the findings of a folder what only a search of it shows.

        Raises:
            KnowledgeError: the index or the model failed.
            ModelError: the embeddings cannot be loaded.
        """
        live = await self._versions.live()
        sound = _sound(checked)
        vectors = await self.vectors(sound.content, live, on_progress)
        searched, broken = await asyncio.gather(
            asyncio.to_thread(lambda: list(unfound_questions(sound, vectors))),
            self._newly_broken(sound, vectors, live),
        )
        return replace(checked, findings=in_order((*checked.findings, *searched, *broken)))

    async def preview(
        self, checked: Checked, questions: Sequence[str], on_progress: Progress
    ) -> Preview:
        """Ask the live version and the folder the pinned questions and these.

        Raises:
            KnowledgeError: the index or the model failed.
            ModelError: the embeddings cannot be loaded.
        """
        live = await self._versions.live()
        pinned = checked.content.pinned
        asked = list(dict.fromkeys([*pinned, *questions]))
        vectors = await self.vectors(checked.content, live, on_progress)
        embeddings = Once(await self._loaded())
        after = await self._answers(checked.content, vectors, asked, embeddings)
        before: Sequence[Tried] = [NOTHING] * len(asked)
        if live:
            content = await self._versions.content(live)
            vectors = await self.vectors(content, live, on_progress)
            before = await self._answers(content, vectors, asked, embeddings)
        changes = (
            Change(question, question in pinned, old, new)
            for question, old, new in zip(asked, before, after, strict=True)
            if old != new
        )
        broken = broken_pins(pinned, after[: len(pinned)], lines=checked.pinned_lines)
        return Preview(len(asked), tuple(changes), broken)

    async def vectors(
        self, content: Content, live: Version | None, on_progress: Progress
    ) -> TextVectors:
        """Put the vectors of a content together: those of the live version, and new ones."""
        known: Mapping[str, Array] = {}
        if live and live.embeddings == self._embeddings:
            indexes = await self._tools.indexes()
            known = await asyncio.to_thread(indexes.vectors, live.name)
        return await asyncio.to_thread(
            TextVectors.of,
            content,
            lambda: self._tools.embeddings(self._embeddings),
            known=known,
            on_progress=on_progress,
        )

    async def broken(
        self, content: Content, vectors: TextVectors, lines: Mapping[str, int]
    ) -> tuple[Finding, ...]:
        """Return the pinned questions that a content answers otherwise than is pinned."""
        if not content.pinned:
            return ()
        asked = list(content.pinned)
        if self._pinned is None:
            self._pinned = Once(await self._loaded())
        tried = await self._answers(content, vectors, asked, self._pinned)
        return broken_pins(content.pinned, tried, lines=lines)

    async def _newly_broken(
        self, checked: Checked, vectors: TextVectors, live: Version | None
    ) -> tuple[Finding, ...]:
        if live and live.state == "whole" and live.hash == checked.content.hash():
            return ()  # It was asked its pinned questions, or was accepted, before it went live.
        return await self.broken(checked.content, vectors, checked.pinned_lines)

    async def _loaded(self) -> "Embeddings":
        return await asyncio.to_thread(self._tools.embeddings, self._embeddings)

    async def _answers(
        self,
        content: Content,
        vectors: TextVectors,
        questions: Sequence[str],
        embeddings: EmbedsQuestions,
    ) -> Sequence[Tried]:
        served = await asyncio.to_thread(Served.of, content, Compared(vectors, embeddings))
        return await self._answering(served, questions)


def _sound(checked: Checked) -> Checked:
    """Leave out of a folder what cannot be searched: cards there twice, unknown sources."""
    content = checked.content
    reads = {
        (read.card.name, read.card.language): read
        for read in reversed(checked.cards)
        if not read.draft
    }
    cards = tuple(
        replace(
            read.card, sources=tuple(code for code in read.card.sources if code in content.sources)
        )
        for read in reversed(reads.values())
    )
    return replace(
        checked, content=replace(content, cards=cards), cards=tuple(reversed(reads.values()))
    )


class Once:
    """Embeds each question once, since two versions are asked the same."""

    def __init__(self, embeddings: "Embeddings") -> None:
        self._embeddings = embeddings
        self._known: dict[str, list[float]] = {}

    def embed_query(self, text: str) -> list[float]:
        """Embed a question."""
        if text not in self._known:
            self._known[text] = self._embeddings.embed_query(text)
        return self._known[text]
