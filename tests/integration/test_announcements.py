"""Who said yes to announcements gets each once, whatever happens to the process meanwhile."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.app.announcing import announce
from bot.backends.store.announcements import Announcements
from bot.backends.store.database import Database, open_database
from bot.backends.store.mail import DatabaseMail
from bot.backends.store.people import People
from bot.backends.store.sharing import Alone, Member, Shared
from bot.channels.telegram.incoming import envelope
from bot.core.messages import Received
from tests.benchmarks.broadcast import broadcast
from tests.fakes import PHRASES
from tests.integration.databases import CIPHER, DATABASES, Clock, count, url_of
from tests.integration.knowledge_folders import write

pytestmark = pytest.mark.timeout(600)

SARI = 7
PHRASED = {each: {**words, "announce_done": "{people} got it"} for each, words in PHRASES.items()}


def _told(letters: Sequence[Received]) -> list[tuple[int, str]]:
    return sorted(
        (letter.chat, str(call.parameters["text"]))
        for letter in letters
        for call in letter.calls or ()
    )


@dataclass
class House:
    """A database with people in it, and a process that leads."""

    database: Database
    people: People
    mail: DatabaseMail
    announcements: Announcements
    clock: Clock

    async def wanted_by(self, *people: int) -> None:
        for person in people:
            await self.people.subscribe(person, "id")

    async def going(self, text: str = "A class.") -> int:
        number, _ = await self.announcements.compose(text, author=SARI)
        await self.announcements.send(number)
        return number

    async def waiting(self) -> list[tuple[int, str]]:
        return _told(await self.mail.waiting(beside=(), limit=500))

    async def deliver(self) -> list[tuple[int, str]]:
        """Let everything that waits be sent."""
        letters = await self.mail.waiting(beside=(), limit=500)
        for letter in letters:
            await self.mail.done(letter)
        return _told(letters)

    @contextlib.asynccontextmanager
    async def announcing(self) -> AsyncIterator[asyncio.Event]:
        looked, leads = asyncio.Event(), asyncio.Event()
        leads.set()
        going = asyncio.create_task(
            announce(
                self.announcements, PHRASED, leads, on_letter=looked.set, every=0.01, rest=0.01
            )
        )
        yield looked
        going.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await going


@pytest.fixture(params=DATABASES)
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    clock, url = Clock(), url_of(request.param, request)
    async with open_database(tmp_path, url=url) as database:
        member: Member = Shared(database) if url else Alone(tmp_path)
        await member.join()
        yield House(
            database,
            People(database, CIPHER, clock=clock),
            DatabaseMail(database, CIPHER, claims=member, envelope=envelope, clock=clock),
            Announcements(database, CIPHER, clock=clock),
            clock,
        )
        await member.leave()


async def test_everybody_who_wants_it_gets_it_and_the_author_hears(house: House) -> None:
    await house.wanted_by(*range(100, 130))
    await house.going()
    told: list[tuple[int, str]] = []
    async with house.announcing() as looked:
        async with asyncio.timeout(30):
            while SARI not in dict(told):
                with contextlib.suppress(TimeoutError):  # What another had in hand comes later.
                    await asyncio.wait_for(looked.wait(), 0.5)
                looked.clear()
                told += await house.deliver()

    assert sorted(person for person, _ in told) == [SARI, *range(100, 130)]
    assert dict(told)[SARI] == "30 got it"
    assert dict(told)[101] == "📣 A class."


async def test_no_more_wait_at_once_than_an_answer_can_stand(house: House) -> None:
    await house.wanted_by(*range(100, 160))
    await house.going()
    async with house.announcing() as looked:
        await asyncio.wait_for(looked.wait(), 30)
        await asyncio.sleep(0.2)

    assert len(await house.waiting()) == 20


async def test_a_stopped_one_goes_no_further(house: House) -> None:
    await house.wanted_by(*range(100, 160))
    number = await house.going()
    async with house.announcing() as looked:
        await asyncio.wait_for(looked.wait(), 30)
        stopped = await house.announcements.stop(number)
        told = len(await house.deliver())
        await asyncio.sleep(0.2)

    assert (stopped, told, await house.waiting()) == (True, 20, [])
    assert not await house.announcements.stop(number)


async def test_whoever_stops_meanwhile_gets_none(house: House) -> None:
    await house.wanted_by(100, 101)
    await house.going()
    await house.people.unsubscribe(101)
    async with house.announcing() as looked:
        await asyncio.wait_for(looked.wait(), 30)

    assert [person for person, _ in await house.waiting()] == [SARI, 100]


async def test_an_announcement_is_sent_once(house: House) -> None:
    await house.wanted_by(100, 101)
    number, people = await house.announcements.compose("A class.", author=SARI)

    sent = [await house.announcements.send(number) for _ in range(2)]

    assert (people, sent) == (2, [2, None])


async def test_old_announcements_are_deleted(house: House) -> None:
    await house.wanted_by(100)
    number = await house.going()
    await house.announcements.stop(number)
    exported = await house.people.export(100)
    house.clock.now += 31 * 86_400
    await house.people.expire(days=30)

    tables = ("announcement", "delivery", "subscriber")
    assert exported["announcements"] is True
    assert [await count(house.database, table) for table in tables] == [0, 0, 1]


async def test_a_kill_leaves_nobody_out(tmp_path: Path) -> None:
    """The small twin of the benchmark with ten thousand people and three kills."""
    knowledge = write(tmp_path / "knowledge")
    told = await broadcast(
        300, kills=1, data=tmp_path / "data", folder=tmp_path, AKAR_KNOWLEDGE=str(knowledge)
    )

    assert (told.missing, told.finished) == (0, 1)
    assert told.repeated <= 20
