"""A question, answered from the published cards or not at all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot.core.answer import answer, related
from bot.core.guard import guarded
from bot.core.masking import mask, tells_secrets, unmarked
from bot.core.messages import (
    Abstention,
    Asked,
    Decided,
    Language,
    Passage,
    Question,
    Turn,
)
from bot.core.ports import GuessLanguage, Knowledge
from bot.core.render import Phrases
from bot.core.route import route
from bot.core.telling import Telling


@dataclass(frozen=True, slots=True)
class Asking:
    """Searches the cards for what a question asks, and decides whether they answer it."""

    knowledge: Knowledge
    telling: Telling
    guess: GuessLanguage
    phrases: Mapping[Language, Phrases]
    min_confidence: float
    max_passages: int

    async def answer(self, question: Question, *, chosen: Language | None) -> Turn:
        """Answer a question of somebody who chose this language, or abstain.

        What tells who somebody is leaves the text before a model sees it, or the state.

        Raises:
            KnowledgeError: the cards cannot be searched.
        """
        masked = mask(question.text)
        turn = await self._answered(unmarked(masked), chosen)
        turn = replace(turn, asked=_kept(question, masked, turn))
        return self.telling.warned(turn) if tells_secrets(masked) else turn

    async def picked(self, passage: Passage, language: Language) -> Turn:
        """Tell a card that somebody picked, with others that are near it."""
        found = await self._search(passage.title, language)
        passages = (passage, *(other for other in found if other.card != passage.card))
        linked = self._linked(passage, language)
        outcome = answer(passages, min_confidence=0.0, linked=linked)
        return self.telling.tell(outcome, language, candidates=passages)

    async def _answered(self, text: str, chosen: Language | None) -> Turn:
        way = route(text, chosen=chosen, guess=self.guess, phrases=self.phrases)
        if way.smalltalk:
            return self.telling.tell(way.smalltalk, way.language)
        if not any(character.isalnum() for character in text):
            return replace(self.telling.say("wordless", way.language), outcome=Abstention(0.0))
        passages = await self._search(text, way.language)
        outcome = self._decided(text, passages, way.language)
        return self.telling.tell(outcome, way.language, candidates=passages)

    async def _search(self, text: str, language: Language) -> tuple[Passage, ...]:
        found = await self.knowledge.search(text, language=language, limit=self.max_passages)
        return tuple(passage for passage in found if not self.telling.is_over(passage))

    def _decided(self, text: str, passages: Sequence[Passage], language: Language) -> Decided:
        linked = self._linked(passages[0], language) if passages else ()
        plain = answer(passages, min_confidence=self.min_confidence, linked=linked)
        outcome = guarded(
            plain,
            text,
            passages,
            signs=self.knowledge.signs(),
            card=lambda name: self._card(name, language),
            min_confidence=self.min_confidence,
        )
        if outcome is plain or outcome.passage is None:
            return outcome
        linked = self._linked(outcome.passage, language)
        return replace(outcome, related=related(outcome.passage, passages, linked=linked))

    def _linked(self, passage: Passage, language: Language) -> Sequence[Passage]:
        """Return the cards that a card refers to."""
        linked = (self._card(name, language) for name in passage.links)
        return [other for other in linked if other]

    def _card(self, name: str, language: Language) -> Passage | None:
        passage = self.knowledge.card(name, language=language)
        return None if passage is None or self.telling.is_over(passage) else passage


def _kept(question: Question, text: str, turn: Turn) -> tuple[Asked, ...]:
    """Return what is kept of a question, without personal data; of small talk nothing."""
    outcome = turn.outcome
    if not isinstance(outcome, Decided):
        return ()
    card = outcome.passage.card if outcome.passage else ""
    person = question.sender.person
    return (Asked(person, text, turn.language, outcome.name, card, outcome.confidence),)
