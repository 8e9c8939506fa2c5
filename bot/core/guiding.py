"""What takes several turns, between the questions people ask meanwhile."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from bot.core import tickets
from bot.core.calculating import Calculating
from bot.core.checking import Checking
from bot.core.journeys import Journeys
from bot.core.lessons import Lessons
from bot.core.messages import (
    Abstention,
    Button,
    Command,
    Language,
    Picked,
    Place,
    Press,
    Question,
    Turn,
)
from bot.core.ports import Store
from bot.core.route import spoken_language
from bot.core.telling import Telling

GUIDED = ("check", "calculate", "journey", "lessons", "next", "stop", "talk")
"""The commands of it, in the order in which they are shown."""
ALIASES = {"hitung": "calculate", "belajar": "lessons", "bicara": "talk", "cek": "check"}
"""Names under which people may look for them."""
BUTTONS = ("n", "g", "j", "t", "v", tickets.BUTTON)
"""The kinds of its buttons."""


@dataclass(frozen=True, slots=True)
class Guiding:
    """Leads people on where they are, by commands, buttons and what they write."""

    store: Store
    calculating: Calculating
    journeys: Journeys
    lessons: Lessons
    checking: Checking
    tickets: tickets.Tickets
    telling: Telling

    async def obey(self, command: Command, language: Language) -> Turn:
        """Do what one of the commands says."""
        sender, name = command.sender, ALIASES.get(command.name, command.name)
        if sender.chat != sender.person:
            return self.telling.say("private_only", language)
        match name:
            case "check":
                return await self.checking.begin(sender.person, command.update, language)
            case "calculate":
                return self.calculating.menu(language)
            case "journey":
                return self.journeys.menu(language)
            case "lessons":
                return self.lessons.menu(await self.store.places(sender.person), language)
            case "next":
                return await self._next(command, language)
            case "talk":
                return await self.tickets.write(command, language)
            case _:
                return await self._stop(command, language)

    async def press(self, press: Press) -> Turn:
        """Do what one of the buttons says; an old one says that it is old."""
        language = await spoken_language(press.sender, self.store)
        if press.sender.chat != press.sender.person:
            return Turn(language, toast=self.telling.phrases[language]["private_only"])
        places = await self.store.places(press.sender.person)
        place = _current(places, press.update)
        kind, _, key = press.data.partition(":")
        match kind:
            case "n":
                going = _sum(places, press.update)
                turn = await self.calculating.press(press, key, going, language)
            case "j":
                turn = await self.journeys.press(press, key, places, language)
            case tickets.BUTTON:
                turn = await self.tickets.press(press, key, language)
            case "t":
                turn = await self.lessons.press(press, key, places, language)
            case "v":
                turn = await self.checking.press(press, key, _check(places))
            case _:
                going = place if place and place.step else None
                turn = self._prompt(going, places, language) if going else None
        return turn or Turn(language, toast=self.telling.phrases[language]["old_button"])

    async def take(self, picked: Picked) -> Turn:
        """Take what was chosen in a quiz; where it was asked before, there is nothing to say."""
        language = await spoken_language(picked.sender, self.store)
        places = await self.store.places(picked.sender.person)
        return await self.lessons.take(picked, places, language) or Turn(language)

    async def around(self, question: Question, ask: Callable[[Question], Awaitable[Turn]]) -> Turn:
        """Take what was asked for; answer anything else, and offer to go on."""
        sender = question.sender
        is_placed = sender.settings is None or sender.settings.has_places
        if sender.chat != sender.person or not is_placed:
            return await ask(question)
        place = await self._place(sender.person, question.update)
        if place is None:
            return await ask(question)
        language = await spoken_language(sender, self.store)
        heard = await self._heard(question, place, language)
        return heard or self._offering(await ask(question), place)

    async def _heard(self, question: Question, place: Place, language: Language) -> Turn | None:
        match place.kind:
            case "ticket":
                return await self.tickets.hear(question, language)
            case "calculator":
                return await self.calculating.hear(question, place, language)
            case "check":
                return await self.checking.hear(question, place, language)
            case _:
                return None

    async def _next(self, command: Command, language: Language) -> Turn:
        places = await self.store.places(command.sender.person)
        place = _current(places, command.update)
        if place is None:
            return self.journeys.menu(language)
        return self._prompt(place, places, language)

    async def _stop(self, command: Command, language: Language) -> Turn:
        person = command.sender.person
        place = await self._place(person, command.update)
        if place is None:
            return self.telling.say("nothing_to_stop", language)
        kept = {} if place.kind in ("calculator", "check") else place.kept
        await self.store.put(person, replace(place, step="", kept=kept, update=command.update))
        return self.telling.say("stopped", language)

    async def _place(self, person: int, update: int) -> Place | None:
        """Return where somebody is who has not come to the end, or came there by this update."""
        return _current(await self.store.places(person), update)

    def _prompt(self, place: Place, places: Sequence[Place], language: Language) -> Turn:
        match place.kind:
            case "calculator":
                return self.calculating.prompt(place, language)
            case "check":
                return self.checking.prompt(place, language)
            case "ticket":
                return self.tickets.prompt(language)
            case "lesson":
                return self.lessons.prompt(place, places, language)
            case _:
                return self.journeys.prompt(place, language)

    def _offering(self, turn: Turn, place: Place) -> Turn:
        """Put a button under an answer that leads back to where its asker was.

        Where a sum was to have a number and nothing is known of what came, it asks again as well.
        """
        if not turn.replies:
            return turn
        button = Button(self.telling.phrases[turn.language]["go_on"], "g:on")
        *others, last = turn.replies
        if place.kind == "calculator" and isinstance(turn.outcome, Abstention):
            due = self.calculating.prompt(place, turn.language).replies[0]
            last = replace(last, text=f"{last.text}\n\n{due.text}")
        last = replace(last, keyboard=(*last.keyboard, (button,)))
        return replace(turn, replies=(*others, last))


def _current(places: Sequence[Place], update: int) -> Place | None:
    """Return where somebody is who has not come to the end, or came there by this update."""
    return next((place for place in places if place.step or place.update == update), None)


def _sum(places: Sequence[Place], update: int) -> Place | None:
    """Return the sum that somebody is in the middle of, or ended by this update."""
    return _current([place for place in places if place.kind == "calculator"], update)


def _check(places: Sequence[Place]) -> Place | None:
    """Return the check of products that somebody began last."""
    return next((place for place in places if place.kind == "check"), None)
