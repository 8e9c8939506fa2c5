"""What takes several turns, between the questions people ask meanwhile."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from bot.core.calculating import Calculating
from bot.core.messages import Button, Command, Language, Place, Press, Question, Turn
from bot.core.ports import Store
from bot.core.route import spoken_language
from bot.core.telling import Telling

GUIDED = ("calculate", "stop")
"""The commands of it, in the order in which they are shown."""
ALIASES = {"hitung": "calculate"}
"""Names under which people may look for them."""
BUTTONS = ("n", "g")
"""The kinds of its buttons."""


@dataclass(frozen=True, slots=True)
class Guiding:
    """Leads people on where they are, by commands, buttons and what they write."""

    store: Store
    calculating: Calculating
    telling: Telling

    async def obey(self, command: Command, language: Language) -> Turn:
        """Do what one of the commands says."""
        sender, name = command.sender, ALIASES.get(command.name, command.name)
        if sender.chat != sender.person:
            return self.telling.say("private_only", language)
        if name == "calculate":
            return self.calculating.menu(language)
        return await self._stop(command, language)

    async def press(self, press: Press) -> Turn:
        """Do what one of the buttons says; an old one says that it is old."""
        language = await spoken_language(press.sender, self.store)
        place = await self._place(press.sender.person, press.update)
        kind, _, key = press.data.partition(":")
        if kind == "g":
            turn = self._prompt(place, language) if place and place.step else None
        else:
            turn = await self.calculating.press(press, key, place, language)
        return turn or Turn(language, toast=self.telling.phrases[language]["old_button"])

    async def around(self, question: Question, ask: Callable[[Question], Awaitable[Turn]]) -> Turn:
        """Take what was asked for; answer anything else, and offer to go on."""
        sender = question.sender
        if sender.chat != sender.person:
            return await ask(question)
        place = await self._place(sender.person, question.update)
        if place is None:
            return await ask(question)
        language = await spoken_language(sender, self.store)
        heard = await self.calculating.hear(question, place, language)
        return heard or self._offering(await ask(question))

    async def _stop(self, command: Command, language: Language) -> Turn:
        person = command.sender.person
        place = await self._place(person, command.update)
        if place is None:
            return self.telling.say("nothing_to_stop", language)
        await self.store.put(person, replace(place, step="", kept={}, update=command.update))
        return self.telling.say("stopped", language)

    async def _place(self, person: int, update: int) -> Place | None:
        """Return where somebody is who has not come to the end, or came there by this update."""
        places = await self.store.places(person)
        return next((place for place in places if place.step or place.update == update), None)

    def _prompt(self, place: Place, language: Language) -> Turn:
        return self.calculating.prompt(place, language)

    def _offering(self, turn: Turn) -> Turn:
        """Put a button under an answer that leads back to where its asker was."""
        if not turn.replies:
            return turn
        button = Button(self.telling.phrases[turn.language]["go_on"], "g:on")
        *others, last = turn.replies
        last = replace(last, keyboard=(*last.keyboard, (button,)))
        return replace(turn, replies=(*others, last))
