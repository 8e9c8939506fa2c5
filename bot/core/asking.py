"""A question, answered from the published cards or not at all."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from bot.core.answer import answer, related
from bot.core.calculators import Calculators
from bot.core.disguise import is_disguise
from bot.core.followup import Leaning, context, in_context, leaning
from bot.core.guard import guarded
from bot.core.masking import mask, tells_secrets, unmarked
from bot.core.messages import (
    Abstention,
    Asked,
    Decided,
    Found,
    Language,
    Passage,
    Question,
    Refusal,
    Seller,
    Sender,
    Turn,
)
from bot.core.ports import GuessLanguage, Knowledge, Store
from bot.core.render import Phrases
from bot.core.route import route
from bot.core.sellers import Ask, Sellers
from bot.core.splitting import (
    distinct,
    names_something,
    questions,
    standing,
    together,
    worth_telling,
)
from bot.core.telling import Telling

Before = Callable[[], Awaitable[Sequence[Asked]]]
"""Finds what was asked before, the newest first."""

SILENCE = 1800.0  # Seconds, after which nobody goes on from what they asked before.


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: the language they chose, where they sell from, and what they asked before."""

    chosen: Language | None
    seller: Seller | None
    before: Before


@dataclass(frozen=True, slots=True)
class Asking:
    """Searches the cards for what a question asks, and decides whether they answer it."""

    knowledge: Knowledge
    store: Store
    telling: Telling
    calculators: Calculators
    guess: GuessLanguage
    phrases: Mapping[Language, Phrases]
    min_confidence: float
    max_passages: int
    sellers: Sellers

    @property
    def sure_alone(self) -> float:
        """How likely a card must answer what may lean on something else: half the doubt."""
        return (1.0 + self.min_confidence) / 2

    async def answer(
        self, question: Question, *, chosen: Language | None, seller: Seller | None = None
    ) -> Turn:
        """Answer what somebody asks who chose this language and sells from there, or abstain.

        What tells who somebody is leaves the text before a model sees it, or the state.

        Raises:
            BotError: the cards cannot be searched, or the state cannot be read.
        """
        masked = mask(question.text)
        asker = Asker(chosen, seller, _Once(partial(self._before, question)))
        turn = await self._answered(unmarked(masked), asker)
        if not turn.parts:
            turn = replace(turn, heard=masked)
        asked = [_kept(each, question.sender, question.message) for each in turn.parts or (turn,)]
        turn = replace(turn, asked=tuple(each for each in asked if each))
        return self.telling.warned(turn) if tells_secrets(masked) else turn

    async def picked(self, passage: Passage, language: Language) -> Turn:
        """Tell a card that somebody picked, with others that are near it."""
        found = await self._search(passage.title, language)
        passages = (passage, *(other for other in found if other.card != passage.card))
        linked = self._linked(passage, language)
        outcome = answer(passages, min_confidence=0.0, linked=linked)
        return self.telling.tell(outcome, language, candidates=passages)

    async def _answered(self, text: str, asker: Asker) -> Turn:
        way = route(text, chosen=asker.chosen, guess=self.guess, phrases=self.phrases)
        if way.smalltalk:
            return self.telling.tell(way.smalltalk, way.language)
        if not any(character.isalnum() for character in text):
            return replace(self.telling.say("wordless", way.language), outcome=Abstention(0.0))
        if turn := self.calculators.answer(text, way.language):
            return turn
        if self._is_disguise(text, way.language):
            shown = self._card(self.knowledge.signs().disguise_card, way.language)
            return self.telling.tell(Refusal(shown), way.language)
        if checked := self.sellers.first(await self._ask(text, way.language, asker)):
            return self.telling.tell(checked, way.language)
        parts = questions(text, self.phrases)
        if len(parts) > 1 and not self._shows_together(text, parts):
            return await self._several(parts, text, way.language, asker)
        return await self._searched(text, way.language, asker)

    def _is_disguise(self, text: str, language: Language) -> bool:
        """Say whether somebody would name closed goods as others, in one sentence or several."""
        clusters = self.knowledge.clusters()
        return clusters is not None and is_disguise(
            text, self.knowledge.signs(), clusters, language
        )

    def _shows_together(self, text: str, parts: Sequence[str]) -> bool:
        """Say whether a message shows fraud or a way around a rule that none of its parts does."""
        signs = self.knowledge.signs()
        return bool(signs.read(text).shows) and not any(signs.read(part).shows for part in parts)

    async def _several(
        self, parts: Sequence[str], text: str, language: Language, asker: Asker
    ) -> Turn:
        """Answer each question of a message that is one by itself; each may lean on the last."""
        turns = [await self._one(parts[0], language, asker)]
        for part in parts[1:]:
            after = replace(asker, before=partial(_just_now, turns[-1]))
            turns.append(await self._one(part, language, after))
        own = [names_something(part, self.phrases) for part in parts]
        each = standing(turns, own, sure=self.sure_alone)
        if len(told := distinct(each)) > 1:
            return together(told)
        return together(worth_telling(each, await self._searched(text, language, asker)))

    async def _one(self, text: str, language: Language, asker: Asker) -> Turn:
        ask = await self._ask(text, language, asker)
        if checked := self.sellers.first(ask):
            return replace(self.telling.tell(checked, language), heard=text)
        return await self._searched(text, language, asker)

    async def _searched(self, text: str, language: Language, asker: Asker) -> Turn:
        """Search for a question on whose words alone nothing was decided about products."""
        ask = await self._ask(text, language, asker)
        leans = leaning(text, self.phrases)
        passages = await self._understood(text, language, asker.before, leans)
        least = self.min_confidence if leans == "no" else self.sure_alone
        found = self._decided(text, passages, language, least=least)
        outcome = self.sellers.second(ask, found) or self.sellers.local(ask, found)
        return replace(self.telling.tell(outcome, language, candidates=passages), heard=text)

    async def _ask(self, text: str, language: Language, asker: Asker) -> Ask:
        """Return a question as far as products go, with the one before where it may lean on it."""
        may_lean = asker.seller is None and self.sellers.may_go_on(text)
        turns = await asker.before() if may_lean else ()
        return Ask(text, language, asker.seller, turns[0] if turns else None)

    async def _understood(
        self, text: str, language: Language, before: Before, leans: Leaning
    ) -> tuple[Passage, ...]:
        """Search for a question, and where it may lean on the one before, for both together."""
        alone = await self._search(text, language)
        is_sure = bool(alone) and alone[0].confidence >= self.sure_alone
        if leans == "no" or (leans == "maybe" and is_sure):
            return alone
        turns = await before()
        if not turns:
            return alone
        said = context([unmarked(turn.text) for turn in turns], self.phrases)
        joined = await self._search(f"{said} {text}", language)
        return in_context(alone, joined, last=turns[0].card, leans=leans)

    async def _before(self, question: Question) -> Sequence[Asked]:
        """Return what the person asked in this chat a moment ago."""
        sender = question.sender
        if sender.settings and not sender.settings.has_asked:
            return ()
        return await self.store.recent(
            sender.person, chat=sender.chat, before=question.message, within=SILENCE
        )

    async def _search(self, text: str, language: Language) -> tuple[Passage, ...]:
        found = await self.knowledge.search(text, language=language, limit=self.max_passages)
        return tuple(passage for passage in found if not self.telling.is_over(passage))

    def _decided(
        self, text: str, passages: Sequence[Passage], language: Language, *, least: float
    ) -> Found:
        linked = self._linked(passages[0], language) if passages else ()
        plain = answer(passages, min_confidence=least, linked=linked)
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


@dataclass(slots=True)
class _Once:
    """Finds once what was asked before, however often it is wanted."""

    find: Before
    found: Sequence[Asked] | None = None

    async def __call__(self) -> Sequence[Asked]:
        if self.found is None:
            self.found = await self.find()
        return self.found


def _kept(turn: Turn, sender: Sender, message: int | None) -> Asked | None:
    """Return what is kept of a question; of small talk nothing."""
    outcome = turn.outcome
    if not isinstance(outcome, Decided):
        return None
    return Asked(
        sender.person,
        turn.heard,
        turn.language,
        outcome.name,
        outcome.passage.card if outcome.passage else "",
        outcome.confidence,
        sender.chat,
        message or 0,
    )


async def _just_now(turn: Turn) -> Sequence[Asked]:
    """Return the question before, of the same message."""
    kept = _kept(turn, Sender(0, 0), None)
    return [kept] if kept else []
