"""Finds the cards that answer a question: by meaning, by words, both fused."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from typing import Any

import numpy as np

from bot.backends.knowledge.clusters import clusters_of
from bot.backends.knowledge.content import Content, OfficeEntry
from bot.backends.knowledge.decision import Decision
from bot.backends.knowledge.ranking import WITHOUT_LINES, Ranking, fused
from bot.backends.knowledge.served import Served, Similarities, source_of
from bot.backends.knowledge.words import bare
from bot.core.clusters import Clusters
from bot.core.messages import DEFAULT_LANGUAGE, Language, Notice, Passage, Program, Source
from bot.core.office import Office
from bot.core.paths import Journey
from bot.core.ports import KnowledgeError
from bot.core.signs import Signs
from bot.core.subjects import Lesson
from bot.core.sums import Formulas

log = logging.getLogger(__name__)

_SURE = 0.8  # From here on the words alone are trusted while the vectors are on their way.


class CardSearch:
    """The core's `Knowledge` over the version that is served; a switch is one assignment."""

    def __init__(self, decision: Decision, executor: Executor, *, patience: float = 8.0) -> None:
        self._decision = decision
        self._executor = executor
        self._patience = patience
        self._served = Served.of(Content())
        self._clusters: Clusters | None = None
        self._vectors_due: asyncio.Event | None = None
        self.is_thorough = False
        """Ask for the meaning, too, of what the words alone are sure of: to show all evidence."""
        self.is_degraded = False
        """The model or Chroma fails, so that the words alone decide."""

    def serve(self, served: Served) -> None:
        """Answer from this version from now on."""
        self._served = served
        self._clusters = self._clusters_of(served)
        if served.vectors and self._vectors_due:
            self._vectors_due.set()

    def get_ready(self) -> None:
        """Put together what other languages and products need, so that no question waits for it."""
        for words in self._served.words.values():
            words.get_ready()
        if self._served.products:
            self._served.products.get_ready()

    def expect_vectors(self) -> None:
        """Let questions that the words cannot answer wait for vectors that are on their way."""
        self._vectors_due = asyncio.Event()

    def expect_no_vectors(self) -> None:
        """Let no question wait: the vectors are not coming."""
        if self._vectors_due:
            self._vectors_due.set()
        self._vectors_due = None

    def forget_vectors(self) -> None:
        """Let the words alone decide."""
        self._served = replace(self._served, vectors=None)

    async def search(self, text: str, *, language: Language, limit: int) -> Sequence[Passage]:
        """Return the cards nearest to the text, best first, each in the language if it has it.

        The meaning is asked for where the words alone are not sure enough. While the model or
        Chroma fails, the words alone decide.
        """
        if self._served.vectors is None and self._vectors_due:
            found = self._by_words(self._served, text, language, limit)
            if found and found[0].confidence >= _SURE:
                return found
            await self._wait(self._vectors_due)
        served = self._served
        if served.vectors is None:
            return self._by_words(served, text, language, limit)
        loop = asyncio.get_running_loop()
        try:
            found = await loop.run_in_executor(
                self._executor, self._by_both, served, served.vectors, text, language, limit
            )
        except KnowledgeError as error:
            if not self.is_degraded:
                log.warning("answering from the words alone: %s", error)
            self.is_degraded = True
            return self._by_words(served, text, language, limit)
        self.is_degraded = False
        return found

    def card(self, key: str, *, language: Language) -> Passage | None:
        """Return the card with this name, or with this digest of its name."""
        served = self._served
        name = served.names.get(key, key)
        if name not in served.cards:
            return None
        return served.passage(name, language, confidence=1.0)

    def program(self, language: Language) -> Program:
        """Return what the program says of itself."""
        entry = self._served.content.program
        examples: Mapping[Any, list[str]] = entry.examples
        return Program(
            name=_spoken(entry.name, language) or "Akar",
            about=_spoken(entry.about, language),
            ask=_spoken(entry.ask, language),
            topics=tuple(_spoken(names, language) for names in entry.topics.values() if names),
            examples=tuple(examples.get(language, ())),
            office=office_of(entry.office, language),
            notices=tuple(
                Notice(_spoken(notice.text, language), notice.card, tuple(notice.when))
                for notice in entry.notices
            ),
        )

    def formulas(self, language: Language) -> Formulas:
        """Return what the program says of sums."""
        return self._served.formulas[language]

    def journeys(self, language: Language) -> Sequence[Journey]:
        """Return the journeys, in the order in which they are offered."""
        return self._served.journeys[language]

    def lessons(self, language: Language) -> Sequence[Lesson]:
        """Return the lessons, in the order in which they are offered."""
        return self._served.lessons[language]

    def sources(self) -> Sequence[Source]:
        """Return every source that a live card cites."""
        content = self._served.content
        cited = dict.fromkeys(code for card in content.cards for code in card.sources)
        return [source_of(content.sources[code]) for code in cited]

    def signs(self) -> Signs:
        """Return the signs of fraud and of getting around rules."""
        return self._served.signs

    def clusters(self) -> Clusters | None:
        """Return the product clusters; None where there are none, or they are not ready."""
        return self._clusters

    def _clusters_of(self, served: Served) -> Clusters | None:
        if served.products is None:
            return None
        content, limits = served.content, self._decision.limits
        others = content.program.others
        return clusters_of(content.clusters, served.products, limits=limits, others=others)

    async def _wait(self, vectors_due: asyncio.Event) -> None:
        try:
            async with asyncio.timeout(self._patience):
                await vectors_due.wait()
        except TimeoutError:
            self.expect_no_vectors()  # Nobody else waits in vain.

    def _by_words(self, served: Served, text: str, language: Language, limit: int) -> list[Passage]:
        return self._passages(served, rank(served, text, language, None), language, limit)

    def _by_both(
        self,
        served: Served,
        vectors: Similarities,
        text: str,
        language: Language,
        limit: int,
    ) -> list[Passage]:
        ranking = rank(served, text, language, None)
        if self.is_thorough or not self._is_enough(ranking):
            similar = vectors.similarities(as_embedded(text, language, served.glossary))
            ranking = with_meaning(ranking, served, language, similar)
        return self._passages(served, ranking, language, limit)

    def _is_enough(self, by_words: Ranking) -> bool:
        """Say whether the words alone are so sure of a card that the meaning changes nothing."""
        best = next(by_words.best(1), None)
        if best is None or by_words.near is not None:
            return False
        confidence = self._decision.confidence(by_words.state, by_words.evidence(best))
        return confidence >= self._decision.enough

    def _passages(
        self, served: Served, ranking: Ranking, language: Language, limit: int
    ) -> list[Passage]:
        passages = []
        for place in ranking.best(limit):
            evidence = ranking.evidence(place)
            passages.append(
                served.passage(
                    ranking.names[place],
                    language,
                    confidence=self._decision.confidence(ranking.state, evidence),
                    score=float(ranking.scores[place]),
                    evidence=tuple(evidence.items()),
                )
            )
        return passages


def as_embedded(text: str, language: Language, glossary: Callable[[str], str]) -> str:
    """Return a question as it is embedded: in the words that are meant, without punctuation."""
    return bare(glossary(text) if language == DEFAULT_LANGUAGE else text)


def rank(
    served: Served, text: str, language: Language, similar: Mapping[str, float] | None
) -> Ranking:
    """Rank the cards for a question; `similar` says how like it some of them are."""
    rivals = served.rivals(text)
    ranking = Ranking(
        names=list(served.places),
        fit=served.fit(text, language, rivals),
        similar=None,
        near=None,
        allowed=served.allowed(rivals),
        rivals=len(rivals),
        question=text,
        said=served.asked_with(text, language),
        lacks=served.lacks(text),
    )
    return with_meaning(ranking, served, language, similar)


def with_meaning(
    ranking: Ranking, served: Served, language: Language, similar: Mapping[str, float] | None
) -> Ranking:
    """Return a ranking by words as it is once it is known how like the question the cards are."""
    spread = served.spread(similar) if similar else None
    near = None
    if served.nearness:
        first = np.where(ranking.allowed, fused(spread, ranking.fit, WITHOUT_LINES), -np.inf)
        near = served.near(ranking.question, language, first)
    return replace(ranking, similar=spread, near=near)


def _spoken(words: Mapping[Any, str], language: Language) -> str:
    return words.get(language) or words.get(DEFAULT_LANGUAGE, "")


def office_of(entry: OfficeEntry | None, language: Language) -> Office | None:
    """Return when staff answer, in one language."""
    if entry is None:
        return None
    return Office(
        frozenset(entry.days),
        entry.opens,
        entry.closes,
        entry.zone,
        hours=_spoken(entry.hours, language),
        wait=_spoken(entry.wait, language),
    )
