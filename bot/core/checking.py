"""The check of products in three steps: what is sold, from where, and who imports it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.core import verdicts
from bot.core.masking import mask, unmarked
from bot.core.messages import Language, Place, Press, Question, Seller, Sender, Turn
from bot.core.ports import Store
from bot.core.sellers import Sellers
from bot.core.telling import Telling

_SIDES: Mapping[Seller, str] = {"overseas": "abroad", "local": "here"}


@dataclass(frozen=True, slots=True)
class Checking:
    """Asks the three questions, and gives the result that can be passed on."""

    store: Store
    sellers: Sellers
    telling: Telling

    async def begin(self, person: int, update: int, language: Language) -> Turn:
        """Ask what is sold."""
        if self.sellers.knowledge.clusters() is None:
            return self.telling.say("check_none", language)
        place = Place("check", "products", "what", {"language": language}, update)
        await self.store.put(person, place)
        return self.prompt(place, language)

    async def hear(self, question: Question, place: Place, language: Language) -> Turn | None:
        """Take what was asked for; None where the text is something else."""
        language = place.kept.get("language", language)
        if place.update == question.update:  # It was taken in before, and nobody was told.
            return self.prompt(place, language)
        text = unmarked(mask(question.text))
        if place.step == "what" and self.sellers.are_named(text):
            kept = {**place.kept, "products": text}
            there = replace(place, step="whence", kept=kept, update=question.update)
            return await self._go_on(question.sender, there, language)
        way = self._meant(text, place, language)
        return await self._take(question.sender, place, way, question.update) if way else None

    async def press(self, press: Press, key: str, place: Place | None) -> Turn | None:
        """Do what a button of the check says; None where it is an old one."""
        way, _, language = key.partition(":")
        if language not in self.telling.phrases:
            return None
        if way == "new":
            return await self.begin(press.sender.person, press.update, language)
        if place is None:
            return None
        if place.update == press.update:
            return self.prompt(place, language)
        return await self._take(press.sender, place, way, press.update)

    def prompt(self, place: Place, language: Language) -> Turn:
        """Ask the question that is due, or tell the result."""
        language = place.kept.get("language", language)
        if place.step:
            reply = verdicts.step(place, phrases=self.telling.phrases[language])
            return Turn(language, replies=(reply,))
        if "way" in place.kept:
            return self._result(place.kept, language)
        return self.telling.local(language)

    async def _take(self, sender: Sender, place: Place, way: str, update: int) -> Turn | None:
        """Take one of the ways that a step offers."""
        if way not in verdicts.WAYS.get(place.step, ()):
            return None
        language = place.kept["language"]
        if place.step == "whence":
            side: Seller = "overseas" if way == "abroad" else "local"
            await self.store.choose_seller(sender.person, side)
            step, kept = ("who", place.kept) if way == "abroad" else ("", {"language": language})
        else:
            step, kept = "", {**place.kept, "way": way}
        there = replace(place, step=step, kept=kept, update=update)
        return await self._go_on(sender, there, language)

    async def _go_on(self, sender: Sender, place: Place, language: Language) -> Turn:
        await self.store.put(sender.person, place)
        return self.prompt(place, language)

    def _meant(self, text: str, place: Place, language: Language) -> str:
        """Return which way somebody writes who does not press: its label, or where they are."""
        phrases, plain = self.telling.phrases[language], text.casefold().strip(" .!。！")
        for way in verdicts.WAYS.get(place.step, ()):
            if phrases[f"way_{way}"].casefold() == plain:
                return way
        side = self.sellers.words.place(text) if place.step == "whence" else None
        return _SIDES[side] if side else ""

    def _result(self, kept: Mapping[str, str], language: Language) -> Turn:
        clusters = self.sellers.knowledge.clusters()
        if clusters is None:
            return self.telling.say("check_none", language)
        names = self.sellers.named(kept["products"], clusters)
        turn = self.telling.tell(self.sellers.check(names, clusters, language), language)
        phrases, today = self.telling.phrases[language], self.telling.today()
        reply = verdicts.result(turn.replies[0], kept["way"], phrases=phrases, today=today)
        return replace(turn, replies=(reply,))
