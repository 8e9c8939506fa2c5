"""Tries a folder before it is live: what it lacks, what it would answer, what would change."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from bot.backends.knowledge.asked import unfound_questions
from bot.backends.knowledge.comparisons import compared_findings
from bot.backends.knowledge.content import Content
from bot.backends.knowledge.findings import Finding, in_order
from bot.backends.knowledge.folder import Checked
from bot.backends.knowledge.pinned import Answering, Tried, broken_pins
from bot.backends.knowledge.product_models import ProductModels
from bot.backends.knowledge.remembered import Ask, Remembered
from bot.backends.knowledge.search import as_embedded
from bot.backends.knowledge.served import Served
from bot.backends.knowledge.texts import Array, Compared, EmbedsQuestions, Progress, TextVectors
from bot.backends.knowledge.tools import Tools
from bot.backends.knowledge.versions import Versions
from bot.backends.knowledge.words import Glossary
from bot.core.messages import DEFAULT_LANGUAGE
from bot.core.ports import BotError, KnowledgeError

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

NOTHING = Tried("", "", "")
"""What is answered while nothing is live."""

_BATCH = 16  # Questions that are asked at once, after the pinned ones.


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
        self,
        *,
        versions: Versions,
        tools: Tools,
        embeddings: str,
        answering: Answering,
        products: ProductModels,
        today: Callable[[], date],
    ) -> None:
        self._versions = versions
        self._tools = tools
        self._embeddings = embeddings
        self._answering = answering
        self._products = products
        self._remembered = Remembered(today)

    async def check(self, checked: Checked, on_progress: Progress) -> Checked:
        """Add to the findings of a folder what only a search of it shows.

        Raises:
            KnowledgeError: the index or the model failed.
            ModelError: the embeddings cannot be loaded.
        """
        sound = _sound(checked)
        glossary = Glossary(sound.content.glossary)
        pins = await self.pins()
        ahead = asyncio.create_task(self._embed(sound.content, pins))  # Beside, where new.
        vectors = await self.prepare(sound.content, on_progress)
        served = await asyncio.to_thread(Served.of, sound.content)
        searched, compared, _ = await asyncio.gather(
            asyncio.to_thread(lambda: list(unfound_questions(sound.cards, served, vectors))),
            asyncio.to_thread(lambda: list(compared_findings(sound.cards, glossary))),
            ahead,
        )
        broken = await self._broken(served, vectors, pins, lines=checked.pinned_lines)
        findings = (*checked.findings, *searched, *compared, *broken)
        return replace(checked, findings=in_order(findings))

    async def preview(
        self,
        checked: Checked,
        questions: Sequence[str],
        on_progress: Progress,
        *,
        enough: Callable[[], bool] = lambda: False,
    ) -> Preview:
        """Ask the live version and the folder the pinned questions, then these until `enough`.

        Raises:
            KnowledgeError: the index or the model failed.
            ModelError: the embeddings cannot be loaded.
        """
        pinned = checked.content.pinned
        live, known = await self._versions.live(), await self._known()
        pins = await self.pins()

        async def asking(content: Content) -> Ask:
            vectors = await self.vectors(content, known, on_progress)
            served = await asyncio.to_thread(Served.of, content)
            return lambda asked: self._answers(served, vectors, asked, pins)

        async def asking_live() -> Ask:
            return await asking(await self._versions.content(live)) if live else _answer_nothing

        ask = await asking(checked.content)
        ask_live = self._remembered.asking(live.name if live else "", asking_live)
        answers: dict[str, tuple[Tried, Tried]] = {}
        for batch in _batches(pinned, questions):
            if answers and enough():
                break
            both = zip(await ask_live(batch), await ask(batch), strict=True)
            answers |= zip(batch, both, strict=True)
        changes = (
            Change(question, question in pinned, old, new)
            for question, (old, new) in answers.items()
            if old != new
        )
        after = [answers[question][1] for question in pinned]
        broken = broken_pins(pinned, after, lines=checked.pinned_lines)
        return Preview(len(answers), tuple(changes), broken)

    async def prepare(self, content: Content, on_progress: Progress) -> TextVectors:
        """Put the vectors of a content together: those of the live version, and new ones.

        Raises:
            KnowledgeError: the index or the model failed.
            ModelError: the embeddings cannot be loaded.
        """
        return await self.vectors(content, await self._known(), on_progress)

    async def broken(
        self, served: Served, vectors: TextVectors, pins: "Once", *, lines: Mapping[str, int]
    ) -> tuple[Finding, ...]:
        """Return the pinned questions that a content answers otherwise than is pinned."""
        await self._embed(served.content, pins)
        return await self._broken(served, vectors, pins, lines=lines)

    async def pins(self) -> "Once":
        """Return the model, with the vectors that the live version's pinned questions have."""
        live = await self._versions.live()
        known: Mapping[str, Array] = {}
        if live and live.embeddings == self._embeddings:
            indexes = await self._tools.indexes()
            known = await asyncio.to_thread(indexes.questions, live.name)
        return Once(lambda: self._tools.embeddings(self._embeddings), known)

    async def vectors(
        self, content: Content, known: Mapping[str, Array], on_progress: Progress
    ) -> TextVectors:
        """Put the vectors of a content together: known ones, and new ones."""
        return await asyncio.to_thread(
            TextVectors.of,
            content,
            lambda: self._tools.embeddings(self._embeddings),
            known=known,
            on_progress=on_progress,
        )

    async def _known(self) -> Mapping[str, Array]:
        """Return the vectors of the live version's texts."""
        live = await self._versions.live()
        if live is None or live.embeddings != self._embeddings:
            return {}
        indexes = await self._tools.indexes()
        return await asyncio.to_thread(indexes.vectors, live.name)

    async def _broken(
        self, served: Served, vectors: TextVectors, pins: "Once", *, lines: Mapping[str, int]
    ) -> tuple[Finding, ...]:
        pinned = served.content.pinned
        if not pinned:
            return ()
        tried = await self._answers(served, vectors, list(pinned), pins)
        return broken_pins(pinned, tried, lines=lines)

    async def _embed(self, content: Content, pins: "Once") -> None:
        """Embed the pinned questions ahead, as most of them will be asked."""
        glossary = Glossary(content.glossary)
        texts = [as_embedded(text, DEFAULT_LANGUAGE, glossary) for text in content.pinned]
        try:
            await asyncio.to_thread(lambda: [pins.embed_query(text) for text in texts])
        except BotError:
            raise
        except Exception as error:  # A provider's own errors, and the network's.
            raise KnowledgeError("search_failed", reason=error) from error

    async def _answers(
        self,
        served: Served,
        vectors: TextVectors,
        questions: Sequence[str],
        embeddings: EmbedsQuestions,
    ) -> Sequence[Tried]:
        products = await self._products.of(served.content)
        compared = replace(served, vectors=Compared(vectors, embeddings), products=products)
        return await self._answering(compared, questions)


def _batches(pinned: Iterable[str], questions: Iterable[str]) -> Iterator[Sequence[str]]:
    """Yield the questions, each once: the pinned ones together, the others by their number."""
    first = list(pinned)
    if first:
        yield first
    rest = list(dict.fromkeys([*first, *questions]))[len(first) :]
    for start in range(0, len(rest), _BATCH):
        yield rest[start : start + _BATCH]


async def _answer_nothing(questions: Sequence[str]) -> Sequence[Tried]:
    return [NOTHING] * len(questions)


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
    """Embeds each question once; the model is loaded for the first whose vector is not known."""

    def __init__(self, load: Callable[[], "Embeddings"], known: Mapping[str, Array]) -> None:
        self._load = load
        self._known: dict[str, Sequence[float]] = {
            text: vector.tolist() for text, vector in known.items()
        }
        self.used: dict[str, Sequence[float]] = {}
        """The questions that were embedded, with their vectors."""

    def embed_query(self, text: str) -> Sequence[float]:
        """Embed a question."""
        if text not in self._known:
            self._known[text] = self._load().embed_query(text)
        self.used[text] = self._known[text]
        return self.used[text]
