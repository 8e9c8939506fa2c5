"""Journeys: a step is told, chosen or checked off, and the next one follows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.core.messages import Button, Keyboard, Language, Place, Press, Reply, Turn
from bot.core.paths import DONE, LATER, Journey, Step
from bot.core.ports import Store
from bot.core.reminding import Reminding
from bot.core.render import digest
from bot.core.telling import Telling

_ACTIONS = {"done": DONE, "later": LATER}


@dataclass(frozen=True, slots=True)
class Journeys:
    """Leads people along the journeys that the knowledge holds; it knows none by name."""

    store: Store
    reminding: Reminding
    telling: Telling

    def menu(self, language: Language) -> Turn:
        """Offer every journey."""
        phrases, journeys = self.telling.phrases[language], self._all(language)
        if not journeys:
            return self.telling.say("journey_none", language)
        rows = tuple((Button(one.title, f"j:{digest(one.name)}"),) for one in journeys)
        about = "\n\n".join(f"**{one.title}**\n{one.about}" for one in journeys)
        text = phrases["journey_menu"].format(journeys=about)
        return Turn(language, replies=(Reply(text, rows),))

    def prompt(self, place: Place, language: Language) -> Turn:
        """Tell the step that is due, or that the journey has come to its end."""
        journey = self.named(place.name, language)
        if journey is None:
            return self.menu(language)  # It is no more in the knowledge.
        return Turn(language, replies=(self._told(journey, place, language),))

    async def press(
        self, press: Press, key: str, places: Sequence[Place], language: Language
    ) -> Turn | None:
        """Do what a button of a journey says; None where it is old."""
        named, _, rest = key.partition(":")
        journey = next((one for one in self._all(language) if digest(one.name) == named), None)
        if journey is None:
            return None
        place = next((one for one in places if self._is_of(one, journey)), None)
        step, _, action = rest.partition(":")
        if not step:
            return await self._begin(press, journey, place, action, language)
        if place is None:
            return None
        return await self._answer(press, journey, place, step, action, language)

    def named(self, name: str, language: Language) -> Journey | None:
        """Return the journey of a name."""
        return next((one for one in self._all(language) if one.name == name), None)

    def _all(self, language: Language) -> Sequence[Journey]:
        return self.telling.knowledge.journeys(language)

    @staticmethod
    def _is_of(place: Place, journey: Journey) -> bool:
        return place.kind == "journey" and place.name == journey.name

    async def _begin(
        self, press: Press, journey: Journey, place: Place | None, action: str, language: Language
    ) -> Turn | None:
        """Begin a journey, go on with it, begin it anew, or show its checklist."""
        if action == "list":
            return self._list(journey, place, language) if place else None
        is_again = action == "again"
        if is_again and place and place.update != press.update and journey.due(place.kept):
            return Turn(language, toast=self.telling.phrases[language]["journey_passed"])
        begun = Place("journey", journey.name)
        there = begun if place is None or is_again else place
        return await self._go(press, journey, there, language)

    async def _answer(
        self,
        press: Press,
        journey: Journey,
        place: Place,
        key: str,
        action: str,
        language: Language,
    ) -> Turn | None:
        """Take a choice or a check of the step that is due; of another one, nothing."""
        if place.update == press.update:
            return self.prompt(place, language)
        step = journey.due(place.kept)
        if step is None or digest(step.name) != key:
            toast = self.telling.phrases[language]["journey_passed"]
            return Turn(language, toast=toast, keyboard=())
        kind, _, zone = action.partition(":")
        if kind == "remind":
            return await self.reminding.wish(press, journey, step, zone, language)
        choices = {digest(choice.name): choice.name for choice in step.choices}
        answer = choices.get(action) if step.choices else _ACTIONS.get(action)
        if answer is None:
            return None
        kept = {**place.kept, step.name: answer}
        turn = await self._go(press, journey, replace(place, kept=kept), language)
        return replace(turn, keyboard=())

    async def _go(self, press: Press, journey: Journey, place: Place, language: Language) -> Turn:
        due = journey.due(place.kept)
        there = replace(place, step=due.name if due else "", update=press.update)
        await self.store.put(press.sender.person, there)
        return self.prompt(there, language)

    def _told(self, journey: Journey, place: Place, language: Language) -> Reply:
        phrases = self.telling.phrases[language]
        checks = [is_done for _, is_done in journey.checklist(place.kept)]
        progress = phrases["journey_progress"].format(
            title=journey.title, done=sum(checks), all=len(checks)
        )
        step = journey.due(place.kept)
        if step is None:
            again = Button(phrases["journey_again"], f"j:{digest(journey.name)}::again")
            return Reply(
                f"{progress}\n\n{journey.end}", (self._list_row(journey, language), (again,))
            )
        return Reply(f"{progress}\n\n{step.text}", self._keyboard(journey, step, language))

    def _keyboard(self, journey: Journey, step: Step, language: Language) -> Keyboard:
        phrases, where = self.telling.phrases[language], f"j:{digest(journey.name)}"
        here = f"{where}:{digest(step.name)}"
        if step.choices:
            return tuple(
                (Button(choice.label, f"{here}:{digest(choice.name)}"),) for choice in step.choices
            )
        explained = self.telling.knowledge.card(step.card, language=language) if step.card else None
        card = Button(phrases["journey_explain"], f"c:{digest(step.card)}:{language}")
        done = phrases["journey_done" if step.check else "journey_read"]
        later = (Button(phrases["journey_later"], f"{here}:later"),) if step.check else ()
        return (
            *(((card,),) if explained else ()),
            (Button(done, f"{here}:done"), *later),
            *(((Button(phrases["journey_remind"], f"{here}:remind"),),) if step.check else ()),
            self._list_row(journey, language),
        )

    def _list_row(self, journey: Journey, language: Language) -> tuple[Button, ...]:
        label = self.telling.phrases[language]["journey_list"]
        return (Button(label, f"j:{digest(journey.name)}::list"),)

    def _list(self, journey: Journey, place: Place, language: Language) -> Turn:
        """Show what is checked off, and what is not."""
        phrases, checks = self.telling.phrases[language], journey.checklist(place.kept)
        marks = {True: phrases["checked"], False: phrases["unchecked"]}
        lines = [f"{marks[is_done]} {text}" for text, is_done in checks]
        done = sum(is_done for _, is_done in checks)
        text = phrases["journey_progress"].format(title=journey.title, done=done, all=len(checks))
        go_on = Button(phrases["journey_go_on"], f"j:{digest(journey.name)}")
        return Turn(language, replies=(Reply("\n".join([text, "", *lines]), ((go_on,),)),))
