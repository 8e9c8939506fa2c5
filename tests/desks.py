"""A desk of program staff that holds nothing, and phrases that show what they are given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.core.counts import HardQuestion, Statistics, TicketCount, WayCount
from bot.core.desk import (
    Declined,
    Edition,
    Folder,
    Gone,
    Inspection,
    Pressed,
    Standing,
)
from bot.core.messages import Language, Upload
from bot.core.ports import BotError

LIVE, EARLIER = Edition(3, "today", "telegram", "7", 12), Edition(2, "yesterday", "folder")


COUNTS = Statistics(
    people=12,
    subscribers=3,
    days=30,
    outcomes=(("answer", 20), ("abstain", 5)),
    journeys=(WayCount("A stall", 4, 1, (("Permit", 2), ("Tin", 1))),),
    lessons=(WayCount("Photos", 2, 1, (("Where?", 1),)), WayCount("Prices", 0, 0)),
    hardest=(HardQuestion("Photos", "Where?", 3, 2),),
    tickets=TicketCount(1, 5.4, 2, 1.6),
)


class Shown(str):
    """A phrase that shows its name and the values that it is given."""

    def format(self, *_: object, **values: object) -> str:
        given = " ".join(f"{name}={value}" for name, value in values.items())
        return f"<{self} {given}>" if given else f"<{self}>"


class ShownPhrases(dict[str, str]):
    """A phrase of any name."""

    def __missing__(self, name: str) -> str:
        return Shown(name)


SHOWN: Mapping[str, str] = ShownPhrases()


@dataclass
class ListedDesk:
    """A core's `Desk` that says what it was given, and remembers what it was asked."""

    found: Inspection = field(default_factory=lambda: Declined("live"))
    pressed: Pressed = field(default_factory=Gone)
    kept: Sequence[Edition] = (LIVE, EARLIER)
    people: int = 300
    """How many want announcements."""
    error: BotError | None = None
    asked: list[tuple[Any, ...]] = field(default_factory=list)

    async def standing(self, *, language: Language) -> Standing:
        self._note("standing")
        return Standing(LIVE, None, Folder("live"))

    async def inspect(self, upload: Upload, *, language: Language) -> Inspection:
        self._note("inspect", upload.file)
        return self.found

    async def statistics(self, *, language: Language) -> Statistics:
        self._note("statistics")
        return COUNTS

    async def compose(self, text: str, *, person: int) -> tuple[int, int]:
        self._note("compose", text, person)
        return 4, self.people

    async def announce(self, number: int) -> int | None:
        self._note("announce", number)
        return self.people or None

    async def halt(self, number: int) -> bool:
        self._note("halt", number)
        return bool(self.people)

    async def preview(self, *, language: Language) -> Inspection:
        self._note("preview")
        return self.found

    async def put(self, key: str, *, person: int, language: Language) -> Pressed:
        self._note("put", key, person)
        return self.pressed

    async def drop(self, key: str, *, person: int) -> None:
        self._note("drop", key, person)

    async def publish(self, key: str, *, person: int, language: Language) -> Pressed:
        self._note("publish", key, person)
        return self.pressed

    async def editions(self) -> Sequence[Edition]:
        self._note("editions")
        return self.kept

    async def roll_back(self, live: int, to: int, *, person: int) -> Pressed:
        self._note("roll_back", live, to, person)
        return self.pressed

    def explain(self, error: BotError, *, language: Language) -> str:
        return f"{language} {error.code}"

    def _note(self, *what: object) -> None:
        self.asked.append(what)
        if self.error:
            raise self.error
