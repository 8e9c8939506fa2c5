"""A question, answered from the published cards or not at all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot.core.answer import answer
from bot.core.messages import Abstention, Language, Passage, Question, Turn
from bot.core.ports import GuessLanguage, Knowledge
from bot.core.route import route
from bot.core.telling import Telling


@dataclass(frozen=True, slots=True)
class Asking:
    """Searches the cards for what a question asks, and decides whether they answer it."""

    knowledge: Knowledge
    telling: Telling
    guess: GuessLanguage
    phrases: Mapping[Language, Mapping[str, str]]
    min_confidence: float
    max_passages: int

    async def answer(self, question: Question, *, chosen: Language | None) -> Turn:
        """Answer a question of somebody who chose this language, or abstain.

        Raises:
            KnowledgeError: the cards cannot be searched.
        """
        way = route(question.text, chosen=chosen, guess=self.guess, phrases=self.phrases)
        if way.smalltalk:
            return self.telling.tell(way.smalltalk, way.language)
        if not any(character.isalnum() for character in question.text):
            return replace(self.telling.say("wordless", way.language), outcome=Abstention(0.0))
        found = await self.knowledge.search(
            question.text, language=way.language, limit=self.max_passages
        )
        return self._decided(found, way.language, min_confidence=self.min_confidence)

    async def picked(self, passage: Passage, language: Language) -> Turn:
        """Tell a card that somebody picked, with others that are near it."""
        near = await self.knowledge.search(
            passage.title, language=language, limit=self.max_passages
        )
        others = [other for other in near if other.card != passage.card]
        return self._decided([passage, *others], language, min_confidence=0.0)

    def _decided(
        self, found: Sequence[Passage], language: Language, *, min_confidence: float
    ) -> Turn:
        passages = tuple(passage for passage in found if not self.telling.is_over(passage))
        names = passages[0].links if passages else ()
        linked = [self.knowledge.card(name, language=language) for name in names]
        outcome = answer(
            passages,
            min_confidence=min_confidence,
            linked=[passage for passage in linked if passage and not self.telling.is_over(passage)],
        )
        return self.telling.tell(outcome, language, candidates=passages)
