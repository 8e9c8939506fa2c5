"""Reminders: wished for once, given once, by day."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.core.messages import Button, Language, Place, Press, Reminder, Reply, Turn
from bot.core.paths import Journey, Step
from bot.core.ports import Store
from bot.core.quiet import local_time, reminder_at
from bot.core.render import digest, spelled
from bot.core.telling import Telling


@dataclass(frozen=True, slots=True)
class Reminding:
    """Takes the wish to be reminded, and says what somebody is reminded of."""

    store: Store
    telling: Telling
    clock: Callable[[], float]

    async def wish(
        self, press: Press, journey: Journey, step: Step, zone: str, language: Language
    ) -> Turn:
        """Remember when to remind somebody; ask first where on earth they are."""
        person = press.sender.person
        known = _zones(self.telling.phrases[language]["zones"])
        told = known.get(zone) if zone else await self.store.zone(person)
        if told is None:
            return self._ask(journey, step, language)
        at = reminder_at(self.clock(), days=step.remind_after, zone=told)
        await self.store.remind(Reminder(person, told, journey.name, at))
        phrases = self.telling.phrases[language]
        day, time = local_time(at, told)
        text = phrases["reminder_set"].format(date=spelled(day, phrases=phrases), time=time)
        return Turn(language, replies=(Reply(text),))

    async def text(self, reminder: Reminder) -> str:
        """Return what to remind somebody of; nothing where they have come to the end, or left."""
        language = await self.store.language(reminder.person) or next(iter(self.telling.phrases))
        places = await self.store.places(reminder.person)
        place = next((one for one in places if _is_of(one, reminder)), None)
        journeys = self.telling.knowledge.journeys(language)
        journey = next((one for one in journeys if one.name == reminder.journey), None)
        step = journey.due(place.kept) if journey and place else None
        if journey is None or step is None:
            return ""
        phrase = self.telling.phrases[language]["reminder"]
        return phrase.format(title=journey.title, step=step.check or step.text)

    def _ask(self, journey: Journey, step: Step, language: Language) -> Turn:
        phrases = self.telling.phrases[language]
        here = f"j:{digest(journey.name)}:{digest(step.name)}:remind"
        row = tuple(Button(name, f"{here}:{name}") for name in _zones(phrases["zones"]))
        return Turn(language, replies=(Reply(phrases["reminder_zone"], (row,)),))


def _is_of(place: Place, reminder: Reminder) -> bool:
    return place.kind == "journey" and place.name == reminder.journey and bool(place.step)


def _zones(phrase: str) -> dict[str, int]:
    """Read a phrase such as `WIB=7|WITA=8`."""
    pairs = (zone.partition("=") for zone in phrase.split("|"))
    return {name: int(hours) for name, _, hours in pairs}
