"""Finds the cards that answer a question: by meaning, by words, both fused."""

import asyncio
import logging
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from typing import Any

import numpy as np

from bot.backends.knowledge.content import Content, OfficeEntry
from bot.backends.knowledge.decision import Decision
from bot.backends.knowledge.served import Served, Similarities, source_of
from bot.backends.knowledge.words import WordMatch, bare
from bot.core.messages import DEFAULT_LANGUAGE, Language, Passage, Program, Source
from bot.core.office import Office
from bot.core.paths import Journey
from bot.core.ports import KnowledgeError
from bot.core.signs import Signs
from bot.core.subjects import Lesson
from bot.core.sums import Formulas

log = logging.getLogger(__name__)

Array = np.ndarray[Any, Any]

_MEANING_SHARE = 0.4  # Of the fused score; the rest is that of the words.
_NO_MATCH = WordMatch(score=0.0, coverage=0.0, unheard=1.0, strength=0.0)
_SURE = 0.8  # From here on the words alone are trusted while the vectors are on their way.


class CardSearch:
    """The core's `Knowledge` over the version that is served; a switch is one assignment."""

    def __init__(self, decision: Decision, executor: Executor, *, patience: float = 8.0) -> None:
        self._decision = decision
        self._executor = executor
        self._patience = patience
        self._served = Served.of(Content())
        self._vectors_due: asyncio.Event | None = None
        self.is_degraded = False
        """The model or Chroma fails, so that the words alone decide."""

    def serve(self, served: Served) -> None:
        """Answer from this version from now on."""
        self._served = served
        if served.vectors and self._vectors_due:
            self._vectors_due.set()

    def expect_vectors(self) -> None:
        """Let questions that the words cannot answer wait for vectors that are on their way."""
        self._vectors_due = asyncio.Event()

    def expect_no_vectors(self) -> None:
        """Let no question wait: the vectors are not coming."""
        if self._vectors_due:
            self._vectors_due.set()
        self._vectors_due = None

    async def search(self, text: str, *, language: Language, limit: int) -> Sequence[Passage]:
        """Return the cards nearest to the text, best first, each in the language if it has it.

        While the model or Chroma fails, the words alone decide.
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

    async def _wait(self, vectors_due: asyncio.Event) -> None:
        try:
            await asyncio.wait_for(vectors_due.wait(), self._patience)
        except TimeoutError:
            self.expect_no_vectors()  # Nobody else waits in vain.

    def _by_words(self, served: Served, text: str, language: Language, limit: int) -> list[Passage]:
        matches = served.match(text, language)
        rivals = served.rivals(text)
        named = [name for name in matches if served.may_answer(name, rivals)]
        ranked = sorted(named, key=lambda name: -matches[name].score)[:limit]
        return [
            self._judged(
                served,
                name,
                language,
                "words",
                score=matches[name].score,
                evidence={
                    "coverage": matches[name].coverage,
                    "unheard": matches[name].unheard,
                    "rival": float(bool(rivals)),
                    "lead": _lead(matches[name].score, _others(ranked, place, matches)),
                    "strength": math.log1p(matches[name].strength),
                },
            )
            for place, name in enumerate(ranked)
        ]

    def _by_both(
        self,
        served: Served,
        vectors: Similarities,
        text: str,
        language: Language,
        limit: int,
    ) -> list[Passage]:
        asked = as_embedded(text, language, served.glossary)
        similar = {
            name: value
            for name, value in vectors.similarities(asked).items()
            if name in served.cards
        }
        matches = served.match(text, language)
        rivals = served.rivals(text)
        fused = rank(served, rivals, similar, matches)
        floor = min(similar.values(), default=0.0)
        best_by_words = max(matches, key=lambda name: matches[name].score, default="")
        best_by_meaning = max(similar, key=lambda name: similar[name], default="")
        passages = []
        best = list(fused)[: limit + 1]
        for name in best[:limit]:
            similarity = similar.get(name, floor)
            rest = [fused[other] for other in best[:2] if other != name]
            others = (value for other, value in similar.items() if other != name)
            match = matches.get(name, _NO_MATCH)
            evidence = {
                "similarity": similarity,
                "lead": similarity - max(others, default=floor),
                "coverage": match.coverage,
                "unheard": match.unheard,
                "rival": float(bool(rivals)),
                "agreement": float(name == best_by_words == best_by_meaning),
                "margin": fused[name] - max(rest, default=0.0),
                "strength": math.log1p(match.strength),
            }
            passages.append(
                self._judged(served, name, language, "whole", score=fused[name], evidence=evidence)
            )
        return passages

    def _judged(
        self,
        served: Served,
        name: str,
        language: Language,
        state: str,
        *,
        score: float,
        evidence: Mapping[str, float],
    ) -> Passage:
        return served.passage(
            name,
            language,
            confidence=self._decision.confidence(state, evidence),
            score=score,
            evidence=tuple(evidence.items()),
        )


def as_embedded(text: str, language: Language, glossary: Callable[[str], str]) -> str:
    """Return a question as it is embedded: in the words that are meant, without punctuation."""
    return bare(glossary(text) if language == DEFAULT_LANGUAGE else text)


def rank(
    served: Served,
    rivals: frozenset[str],
    similar: Mapping[str, float],
    matches: Mapping[str, WordMatch],
) -> dict[str, float]:
    """Return the fused scores of the cards that may answer, best first."""
    fused = fuse(similar, {name: match.score for name, match in matches.items()})
    named = (name for name in fused if served.may_answer(name, rivals))
    return {name: fused[name] for name in sorted(named, key=lambda name: -fused[name])}


def fuse(similar: Mapping[str, float], words: Mapping[str, float]) -> dict[str, float]:
    """Add the two scores of each card after bringing both to mean 0 and deviation 1.

    A card that one search did not find counts with that search's lowest score.
    """
    names = dict.fromkeys([*similar, *words])
    floor = min(similar.values(), default=0.0)
    by_meaning = np.array([similar.get(name, floor) for name in names])
    by_words = np.array([words.get(name, 0.0) for name in names])
    return dict(zip(names, fused(by_meaning, by_words).tolist(), strict=True))


def fused(by_meaning: Array, by_words: Array) -> Array:
    """Add two scores of the same cards after bringing both to mean 0 and deviation 1."""
    return _MEANING_SHARE * _standardised(by_meaning) + (1 - _MEANING_SHARE) * _standardised(
        by_words
    )


def _standardised(scores: Array) -> Array:
    if not scores.size:
        return scores
    standard: Array = (scores - scores.mean()) / (scores.std() or 1.0)
    return standard


def _lead(score: float, others: Iterable[float]) -> float:
    """Return how far a score is ahead of the best other, as a share of it."""
    return 1 - max(others, default=0.0) / score if score else 0.0


def _others(ranked: Sequence[str], place: int, matches: Mapping[str, WordMatch]) -> Iterable[float]:
    return (matches[name].score for name in (*ranked[:place], *ranked[place + 1 :]))


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
