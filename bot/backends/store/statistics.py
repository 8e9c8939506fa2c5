"""Counts of everything that is kept, for program staff: nobody's name, nobody's words."""

import asyncio
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, select, union

from bot.backends.keys import Cipher
from bot.backends.store.database import Database
from bot.backends.store.places import read
from bot.backends.store.tables import person, place, poll, question, subscriber, ticket
from bot.core.counts import TicketCount
from bot.core.messages import PlaceKind

_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Been:
    """Where somebody is, or was, in something; not who."""

    kind: PlaceKind
    name: str
    kept: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Choices:
    """How often a question of a quiz was answered, and how often wrongly."""

    lesson: str
    question: str
    answered: int
    wrong: int


class Counts:
    """Counts what is kept."""

    def __init__(self, database: Database, cipher: Cipher) -> None:
        self._database = database
        self._cipher = cipher

    async def people(self) -> int:
        """Count everybody of whom anything is kept."""
        return await self._one(_PEOPLE)

    async def subscribers(self) -> int:
        """Count who wants announcements."""
        return await self._one(_SUBSCRIBERS)

    async def outcomes(self) -> tuple[tuple[str, int], ...]:
        """Count the questions by what became of them, the most first."""
        return tuple((row.outcome, row.count_) for row in await self._database.rows(_OUTCOMES))

    async def places(self) -> Sequence[Been]:
        """Return where people are."""
        rows = await self._database.rows(_PLACES)
        return await asyncio.to_thread(self._read, rows)

    async def choices(self) -> Sequence[Choices]:
        """Count the answers in quizzes, those most often wrong first."""
        rows = await self._database.rows(_CHOICES)
        found = [Choices(row.lesson, row.question, row.answered, row.wrong or 0) for row in rows]
        return sorted(found, key=lambda each: (-each.wrong, each.lesson, each.question))

    async def tickets(self, now: float) -> TicketCount:
        """Count tickets, and how long they are, or were, open."""
        rows = await self._database.rows(_TICKETS)
        opened = [row.opened for row in rows if row.state == "open"]
        took = [row.closed - row.opened for row in rows if row.closed is not None]
        return TicketCount(
            len(opened),
            (now - min(opened)) / _HOUR if opened else 0.0,
            len(rows) - len(opened),
            statistics.median(took) / _HOUR if took else 0.0,
        )

    def _read(self, rows: Sequence[Row[Any]]) -> Sequence[Been]:
        return [Been(row.kind, row.name, kept) for row, kept in read(rows, self._cipher)]

    async def _one(self, query: Any) -> int:
        return int((await self._database.rows(query))[0][0])


_SOMEBODY = union(
    *(select(table.c.person.label("person")) for table in (question, place, poll, ticket)),
    select(subscriber.c.person.label("person")),
    select(person.c.id.label("person")),
).subquery()
_PEOPLE = select(func.count()).select_from(_SOMEBODY)
_SUBSCRIBERS = select(func.count()).select_from(subscriber)
_OUTCOMES = (
    select(question.c.outcome, func.count().label("count_"))
    .group_by(question.c.outcome)
    .order_by(func.count().desc(), question.c.outcome)
)
_PLACES = select(place.c.kind, place.c.name, place.c.kept)
_CHOICES = (
    select(
        poll.c.lesson,
        poll.c.question,
        func.count().label("answered"),
        func.count().filter(poll.c.chosen != poll.c.right).label("wrong"),
    )
    .where(poll.c.chosen.is_not(None))
    .group_by(poll.c.lesson, poll.c.question)
)
_TICKETS = select(ticket.c.state, ticket.c.opened, ticket.c.closed)
