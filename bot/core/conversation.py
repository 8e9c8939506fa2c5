"""One turn: what came in, decided and put in words, its steps in order."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import assert_never

from bot.core import wishes
from bot.core.asking import Asking
from bot.core.calculating import Calculating
from bot.core.calculators import Calculators
from bot.core.checking import Checking
from bot.core.commands import obey
from bot.core.guiding import ALIASES, BUTTONS, GUIDED, Guiding
from bot.core.journeys import Journeys
from bot.core.lessons import Lessons
from bot.core.messages import (
    Command,
    Incoming,
    Language,
    Picked,
    Press,
    Question,
    SmallTalk,
    Turn,
    Unreadable,
    Upload,
)
from bot.core.pacing import Verdict
from bot.core.ports import BotError, GuessLanguage, Knowledge, Store
from bot.core.presses import Presses
from bot.core.products import ProductWords
from bot.core.reminding import Reminding
from bot.core.render import Phrases
from bot.core.route import chosen_language, chosen_seller, client_language, spoken_language
from bot.core.sellers import Sellers
from bot.core.staff import Staff
from bot.core.telling import Telling
from bot.core.tickets import Tickets


class Conversation:
    """Decides what to do about one incoming; keeps nothing between turns but in its store."""

    def __init__(
        self,
        knowledge: Knowledge,
        store: Store,
        *,
        guess: GuessLanguage,
        phrases: Mapping[Language, Phrases],
        min_confidence: float,
        today: Callable[[], date],
        askers: Callable[[int], Verdict] = lambda _: "fine",
        keep_days: int = 30,
        max_passages: int = 10,
        staff: Staff | None = None,
        staff_chat: int | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.store = store
        self.guess = guess
        self.min_confidence = min_confidence
        self.askers = askers
        self.telling = Telling(knowledge, phrases, today, keep_days)
        self.calculators = Calculators(self.telling)
        sellers = Sellers(knowledge, ProductWords.of(phrases))
        self.asking = Asking(
            *(knowledge, store, self.telling, self.calculators, guess, phrases),
            *(min_confidence, max_passages, sellers),
        )
        calculating = Calculating(store, self.calculators, self.telling)
        self.reminding = Reminding(store, self.telling, clock)
        journeys = Journeys(store, self.reminding, self.telling)
        lessons = Lessons(store, self.telling, today)
        self.tickets = Tickets(store, self.telling, clock, staff_chat)
        checking = Checking(store, sellers, self.telling)
        self.guiding = Guiding(
            *(store, calculating, journeys, lessons, checking, self.tickets, self.telling)
        )
        self.presses = Presses(store, self.asking, self.telling)
        self.staff = staff

    async def turn(self, incoming: Incoming) -> Turn:
        """Do what one incoming asks for; when a part fails, say so and keep the error."""
        try:
            return await self._turn(incoming)
        except BotError as error:
            turn = self.telling.say("trouble", self._likely_language(incoming))
            return replace(turn, error=error)

    async def ask(self, question: Question) -> Turn:
        """Work out what a question asks, answer it from the published cards, or abstain.

        Raises:
            BotError: the cards cannot be searched, or the state cannot be read.
        """
        chosen = question.chosen or await chosen_language(question.sender, self.store)
        seller = question.seller or await chosen_seller(question.sender, self.store)
        return await self.asking.answer(question, chosen=chosen, seller=seller)

    async def _turn(self, incoming: Incoming) -> Turn:
        if self.staff and self.staff.concerns(incoming):
            language = await spoken_language(incoming.sender, self.store)
            return await self.staff.turn(incoming, language)
        if self.tickets.concerns(incoming):
            language = await spoken_language(incoming.sender, self.store)
            return await self.tickets.turn(incoming, language)
        match incoming:
            case Question():
                return await self._question(incoming)
            case Command(_, sender, name):
                language = await spoken_language(sender, self.store)
                if ALIASES.get(name, name) in GUIDED:
                    return await self.guiding.obey(incoming, language)
                store, telling = self.store, self.telling
                return await obey(name, language, sender=sender, store=store, telling=telling)
            case Press() | Picked():
                return await self._chosen(incoming)
            case Unreadable(_, sender) | Upload(_, sender):
                return self.telling.say("unreadable", await spoken_language(sender, self.store))
            case _:
                assert_never(incoming)

    async def _chosen(self, incoming: Press | Picked) -> Turn:
        """Do what a button or an option says."""
        if isinstance(incoming, Picked):
            return await self.guiding.take(incoming)
        if incoming.data.partition(":")[0] in BUTTONS:
            return await self.guiding.press(incoming)
        return await self.presses.obey(incoming)

    async def _question(self, question: Question) -> Turn:
        """Answer a question, unless its person asks too many."""
        match self.askers(question.sender.person):
            case "fine":
                return await self._answered(question)
            case "warn":
                language = await spoken_language(question.sender, self.store)
                return self.telling.say("slow_down", language)
            case "silent":
                return Turn(self._likely_language(question))
            case _ as never:
                assert_never(never)

    async def _answered(self, question: Question) -> Turn:
        """Answer a question, and offer what helps where it could not be."""
        sender = question.sender
        turn = await self.guiding.around(question, self.ask)
        if isinstance(turn.outcome, SmallTalk) and turn.outcome.topic == "person":
            offered = await self.tickets.asked_for(sender, turn.language)
            return replace(offered, outcome=turn.outcome)
        turn = wishes.offered(turn, sender, phrases=self.telling.phrases[turn.language])
        return await self.tickets.offered(turn, sender)

    def _likely_language(self, incoming: Incoming) -> Language:
        """Return a person's language without asking the state, which may be what failed."""
        guessed = self.guess(incoming.text) if isinstance(incoming, Question) else None
        return guessed or client_language(incoming.sender.client_language)
