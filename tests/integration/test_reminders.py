"""People are reminded once, by day, by the process that leads."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest

from bot.app.upkeep import remind
from bot.backends.store.database import open_database
from bot.backends.store.mail import DatabaseMail
from bot.backends.store.reminders import Reminders
from bot.backends.store.sharing import Alone
from bot.channels.telegram.incoming import envelope
from bot.core.messages import Reminder
from bot.core.ports import KnowledgeError
from tests.integration.databases import CIPHER

pytestmark = pytest.mark.timeout(300)

NOON = datetime.fromisoformat("2030-06-15T12:00+07:00").timestamp()
HOUR = 3_600.0


@dataclass
class Desk:
    """A leading process, what it writes, and the moment it is."""

    reminders: Reminders
    mail: DatabaseMail
    now: float = NOON
    looks: int = 0
    """How often it said that something waits."""
    leads: asyncio.Event = field(default_factory=asyncio.Event)
    awaited: int = 0
    looked: asyncio.Event = field(default_factory=asyncio.Event)
    troubles: int = 0

    async def said(self) -> list[tuple[int, str]]:
        """Return what waits to be sent, the first written first."""
        waiting = await self.mail.waiting(beside=(), limit=100)
        return [
            (letter.chat, call.parameters["text"])
            for letter in reversed(waiting)
            for call in letter.calls or ()
        ]

    def on_letter(self) -> None:
        self.looks += 1

    async def text(self, reminder: Reminder) -> str:
        if self.troubles:
            self.troubles -= 1
            raise KnowledgeError("search_failed", reason="gone")
        return reminder.journey

    def clock(self) -> float:
        self.awaited -= 1
        if self.awaited <= 0:
            self.looked.set()
        return self.now

    async def look(self) -> None:
        """Return after several more looks at the clock."""
        self.awaited = 8
        self.looked.clear()
        await asyncio.wait_for(self.looked.wait(), 30)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_database(tmp_path) as database:
        alone = Alone(tmp_path)
        mail = DatabaseMail(database, CIPHER, claims=alone, envelope=envelope)
        found = Desk(Reminders(database, CIPHER), mail)
        going = asyncio.create_task(
            remind(
                found.reminders,
                found.text,
                leads=found.leads,
                on_letter=found.on_letter,
                clock=found.clock,
                every=0.01,
            )
        )
        yield found
        going.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await going


async def test_reminds_each_person_once(desk: Desk) -> None:
    for person in (1, 2):
        await desk.reminders.put(Reminder(person, 7, "stall", NOON - person))
    await desk.reminders.put(Reminder(3, 7, "stall", NOON + HOUR))
    desk.leads.set()
    await desk.look()

    assert await desk.said() == [(2, "stall"), (1, "stall")]
    assert desk.looks == 2


async def test_many_are_reminded_a_few_at_a_time_and_none_while_much_waits(desk: Desk) -> None:
    for person in range(1, 41):
        await desk.reminders.put(Reminder(person, 7, "stall", NOON - 1))
    desk.leads.set()
    await desk.look()
    begun = len(await desk.said())
    for _ in range(8):
        await desk.look()
    stopped = len(await desk.said())
    for letter in await desk.mail.waiting(beside=(), limit=30):
        await desk.mail.done(letter)
    for _ in range(8):
        await desk.look()

    assert begun < 20
    assert stopped == 26
    assert len(await desk.said()) == 14


async def test_says_nothing_of_what_is_over(desk: Desk) -> None:
    await desk.reminders.put(Reminder(1, 7, "", NOON))
    desk.leads.set()
    await desk.look()

    assert (await desk.said(), await desk.reminders.due(NOON)) == ([], [])


async def test_waits_for_the_morning(desk: Desk) -> None:
    await desk.reminders.put(Reminder(1, 7, "west", NOON))
    await desk.reminders.put(Reminder(2, 9, "east", NOON))
    desk.now = NOON + 19 * HOUR  # Seven in the west, nine in the east.
    desk.leads.set()
    await desk.look()
    early = await desk.said()
    desk.now += HOUR
    await desk.look()

    assert (early, await desk.said()) == ([(2, "east")], [(2, "east"), (1, "west")])


async def test_only_the_process_that_leads_reminds(desk: Desk) -> None:
    await desk.reminders.put(Reminder(1, 7, "stall", NOON))
    await asyncio.sleep(0.1)
    before = await desk.said()
    desk.leads.set()
    await desk.look()

    assert (before, await desk.said()) == ([], [(1, "stall")])


async def test_tries_again_what_fails(desk: Desk) -> None:
    desk.troubles = 2
    await desk.reminders.put(Reminder(1, 7, "stall", NOON))
    desk.leads.set()
    await desk.look()

    assert await desk.said() == [(1, "stall")]


async def test_a_crash_neither_loses_nor_repeats_a_reminder(desk: Desk) -> None:
    """What waits is in the outbox in the same step in which the reminder is over."""
    await desk.reminders.put(Reminder(1, 7, "stall", NOON))
    desk.leads.set()
    await desk.look()
    (letter,) = await desk.mail.waiting(beside=(), limit=9)
    await desk.mail.done(letter)
    await desk.reminders.put(Reminder(1, 7, "stall", NOON - 1))
    await desk.look()

    (other,) = await desk.mail.waiting(beside=(), limit=9)
    assert other.update < letter.update < -(10**12)
