"""Several processes run one bot: each chat is one process's, one of them leads, any may die."""

import asyncio
import contextlib
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.util import await_only

from bot.backends.store.database import Database, open_database
from bot.backends.store.mail import DatabaseMail
from bot.backends.store.rates import DatabaseRates
from bot.backends.store.sharing import Alone, Shared
from bot.channels.telegram.incoming import envelope
from bot.core.messages import Asked, Call, Received
from bot.core.pacing import Limit
from bot.core.ports import LostError, StoreError
from tests.conftest import ROOT
from tests.integration.databases import CIPHER, KEY, count, letter, until
from tests.servers import PostgresServer, postgres_programs, postgres_server

pytestmark = pytest.mark.timeout(300)

SOON = 3.0
"""Seconds in which the others have what a dead process had."""


@dataclass
class Process:
    """One of those who share a database, as the bot runs it, without the bot."""

    database: Database
    member: Shared
    mail: DatabaseMail
    news: asyncio.Event = field(default_factory=asyncio.Event)
    lost: asyncio.Event = field(default_factory=asyncio.Event)

    async def receive(self, *letters: Received) -> list[int]:
        return [each.update for each in await self.mail.receive(letters)]

    async def waiting(self) -> list[int]:
        return [each.update for each in await self.mail.waiting(beside=(), limit=1000)]

    async def answer(self, one: Received) -> None:
        await self.mail.record(one, [])
        await self.mail.done(one)
        await self.mail.release(one.chat)

    async def is_lost(self, one: Received) -> bool:
        """Say whether what is recorded now for a letter is refused."""
        try:
            await self.mail.record(one, [])
        except LostError:
            return True
        return False

    async def follow(self) -> None:
        async def lose() -> None:
            self.lost.set()

        await self.member.follow(on_lost=lose, on_news=self.news.set)

    async def cut(self, *, by: "Process") -> None:
        """Let the server cut the connection by which the others see that this process lives."""
        number = self.member._number
        query = text(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
            " AND objsubid = 1 AND (classid::bigint << 32 | objid::bigint) = :number"
        )
        cut = await by.database.rows(query, {"number": number})
        assert [tuple(row) for row in cut] == [(True,)]


@dataclass
class Team:
    """Makes processes that share one database."""

    url: str
    folder: Path
    stack: AsyncExitStack
    following: list[asyncio.Task[None]] = field(default_factory=list)

    async def join(self, *, capacity: int = 64) -> Process:
        """Let a process take part that looks after the others."""
        process = await self.join_silently(capacity=capacity)
        self.following.append(asyncio.create_task(process.follow()))
        return process

    async def join_silently(self, *, capacity: int = 64) -> Process:
        """Let a process take part that does not hear what becomes of the others, or of itself."""
        database = await self.stack.enter_async_context(open_database(self.folder, url=self.url))
        member = Shared(database, capacity=capacity)
        await member.join()
        self.stack.push_async_callback(member.leave)
        mail = DatabaseMail(database, CIPHER, claims=member, envelope=envelope)
        return Process(database, member, mail)


@asynccontextmanager
async def opened(url: str, folder: Path) -> AsyncIterator[Team]:
    async with AsyncExitStack() as stack:
        team = Team(url, folder, stack)
        try:
            yield team
        finally:
            for task in team.following:
                task.cancel()
            await asyncio.gather(*team.following, return_exceptions=True)


@pytest.fixture
async def team(postgres_url: str, tmp_path: Path) -> AsyncIterator[Team]:
    async with opened(postgres_url, tmp_path) as found:
        yield found


# A chat is one process's at a time.


async def test_a_chat_stays_with_the_process_that_has_it(team: Team) -> None:
    one, other = await team.join(), await team.join()

    assert await one.receive(letter(1, chat=5)) == [1]
    assert await other.receive(letter(2, chat=5)) == []
    assert await one.receive(letter(3, chat=5)) == [3]
    assert await other.waiting() == []
    assert await one.waiting() == [1, 2, 3]


async def test_different_chats_are_answered_side_by_side(team: Team) -> None:
    one, other = await team.join(), await team.join()

    assert await one.receive(letter(1, chat=5)) == [1]
    assert await other.receive(letter(2, chat=6), letter(3, chat=5)) == [2]
    assert (await one.waiting(), await other.waiting()) == ([1, 3], [2])


async def test_of_those_who_receive_at_once_one_has_the_chat(team: Team) -> None:
    processes = [await team.join() for _ in range(3)]
    chats = range(100, 110)

    received = await asyncio.gather(
        *(
            process.receive(*(letter(place * 1000 + chat, chat=chat) for chat in chats))
            for place, process in enumerate(processes)
        )
    )
    waiting = [await process.waiting() for process in processes]

    unseen = [set(mine) - set(seen) for mine, seen in zip(received, waiting, strict=True)]
    had = [number % 1000 for seen in waiting for number in {number % 1000 for number in seen}]
    assert unseen == [set(), set(), set()]
    assert sum(map(len, waiting)) == 30
    assert sorted(had) == list(chats)


async def test_a_chat_that_was_let_go_is_anybodys(team: Team) -> None:
    one, other = await team.join(), await team.join()
    await one.receive(letter(1, chat=5))

    await one.answer(letter(1, chat=5))

    assert await other.receive(letter(2, chat=5)) == [2]
    assert await one.receive(letter(3, chat=5)) == []


async def test_a_chat_is_not_let_go_while_something_of_it_waits(team: Team) -> None:
    one, other = await team.join(), await team.join()
    await one.receive(letter(1, chat=5), letter(2, chat=5))

    await one.answer(letter(1, chat=5))

    assert await other.waiting() == []
    assert await one.waiting() == [2]


async def test_nobody_lets_go_of_the_chat_of_another(team: Team) -> None:
    one, other = await team.join(), await team.join()
    await one.receive(letter(1, chat=5))
    await one.mail.done(letter(1, chat=5))

    await other.mail.release(5)

    assert await other.receive(letter(2, chat=5)) == []


async def test_a_process_has_so_many_chats_and_no_more(team: Team) -> None:
    one = await team.join(capacity=2)
    letters = [letter(number, chat=number) for number in range(1, 6)]

    received = await one.receive(*letters)
    waiting = await one.waiting()

    assert len(received) == 2
    assert waiting == received


async def test_a_full_process_leaves_the_rest_to_the_others(team: Team) -> None:
    one, other = await team.join(capacity=2), await team.join()
    letters = [letter(number, chat=number) for number in range(1, 6)]

    received = await one.receive(*letters)

    assert sorted(await one.waiting() + await other.waiting()) == [1, 2, 3, 4, 5]
    assert await one.waiting() == received


async def test_a_full_process_still_receives_for_its_own_chats(team: Team) -> None:
    one = await team.join(capacity=1)
    await one.receive(letter(1, chat=5))

    assert await one.receive(letter(2, chat=5), letter(3, chat=6)) == [2]


async def test_a_process_has_room_again_for_what_it_let_go(team: Team) -> None:
    one = await team.join(capacity=1)
    await one.receive(letter(1, chat=5), letter(2, chat=6))
    (first,) = await one.waiting()

    await one.answer(letter(first, chat=first + 4))

    assert await one.waiting() == [3 - first]


async def test_the_oldest_chats_are_taken_first(team: Team) -> None:
    full, one = await team.join(capacity=0), await team.join(capacity=2)
    await full.receive(*(letter(number, chat=100 - number) for number in range(1, 8)))

    assert await one.waiting() == [1, 2]


async def test_what_comes_in_elsewhere_is_seen_soon(team: Team) -> None:
    one, other = await team.join(), await team.join()
    await one.receive(letter(1, chat=5))

    begun = time.monotonic()
    await other.receive(letter(2, chat=5))
    await asyncio.wait_for(one.news.wait(), SOON)
    took = time.monotonic() - begun

    assert await one.waiting() == [1, 2]
    assert took < 1


async def test_a_message_waits_behind_older_ones_of_its_chat(team: Team) -> None:
    full, other = await team.join_silently(capacity=1), await team.join_silently()
    await full.receive(letter(1, chat=5))
    await full.receive(letter(2, chat=6))  # There is no room for it: nobody has it.

    assert await other.receive(letter(3, chat=6)) == []
    assert await other.waiting() == [2, 3]


async def test_what_a_full_process_cannot_take_is_told_to_the_others(team: Team) -> None:
    full, one = await team.join(capacity=0), await team.join()

    await full.receive(letter(1, chat=5))
    await asyncio.wait_for(one.news.wait(), SOON)

    assert await one.waiting() == [1]


# What is rolled back, or comes too late.


async def test_a_chat_whose_taking_was_rolled_back_is_nobodys(team: Team) -> None:
    one, other = await team.join(), await team.join()

    def fail(connection: Connection) -> None:
        one.member.take(connection, [5])
        raise LostError("chat_taken_over", update=1)

    with pytest.raises(LostError):
        await one.database.transact(fail)

    assert await other.receive(letter(1, chat=5)) == [1]
    assert await one.receive(letter(2, chat=5)) == []
    assert await one.waiting() == []


async def test_a_failure_beside_it_takes_no_chat_from_a_process(team: Team) -> None:
    one, other = await team.join(), await team.join()
    await other.receive(letter(1, chat=5))

    received, failed = await asyncio.gather(
        one.receive(letter(2, chat=6)), one.is_lost(letter(1, chat=5))
    )

    assert (received, failed) == ([2], True)
    assert await one.is_lost(letter(2, chat=6)) is False
    assert await other.waiting() == [1]


async def test_what_another_has_answered_cannot_be_answered_again(team: Team) -> None:
    one, other = await team.join(), await team.join()
    await one.receive(letter(1, chat=5))
    await one.answer(letter(1, chat=5))
    await other.receive(letter(2, chat=5))

    assert await other.is_lost(letter(1, chat=5)) is True
    assert await other.is_lost(letter(2, chat=5)) is False


async def test_what_another_has_answered_keeps_no_question(team: Team) -> None:
    one, other = await team.join(), await team.join()
    await one.receive(letter(1, chat=5))

    with pytest.raises(LostError):
        await other.mail.record(letter(1, chat=5), [], Asked(5, "surat apa", "id", "answer"))

    assert await count(one.database, "question") == 0


async def test_processes_that_take_crosswise_do_not_wait_for_each_other(team: Team) -> None:
    one, other = await team.join(), await team.join()
    both_have_one = asyncio.Barrier(2)

    async def take(process: Process, first: int, second: int) -> list[set[int]]:
        def work(connection: Connection) -> list[set[int]]:
            taken = process.member.take(connection, [first])
            await_only(both_have_one.wait())
            return [set(taken), set(process.member.take(connection, [second]))]

        return await process.database.transact(work)

    taken = await asyncio.wait_for(asyncio.gather(take(one, 5, 6), take(other, 6, 5)), SOON)

    assert list(taken) == [[{5}, set()], [{6}, set()]]


async def test_nobody_waits_for_a_place_while_another_takes_chats(team: Team) -> None:
    one, other = await team.join(), await team.join()
    everywhere = Limit("all", 100.0, 1)

    def let_the_other_send(_connection: Connection) -> float:
        sending = DatabaseRates(other.database).reserve([everywhere])
        return float(await_only(asyncio.wait_for(sending, SOON)))

    later, first = await asyncio.gather(
        DatabaseRates(one.database).reserve([everywhere]),
        one.database.transact(let_the_other_send),
    )

    assert first == 0.0
    assert 90.0 < later <= 100.0


# A process dies.


async def test_a_process_that_leaves_lets_the_others_have_its_chats(team: Team) -> None:
    one, other = await team.join_silently(), await team.join()
    await one.receive(letter(1, chat=5))

    await one.member.leave()

    await until(lambda: _sees(other, [1]), within=SOON)


async def test_a_process_that_is_cut_off_loses_its_chats(team: Team) -> None:
    one, other = await team.join_silently(), await team.join()
    await one.receive(letter(1, chat=5))
    await one.mail.record(letter(1, chat=5), [Call("sendMessage", {"text": "."})])

    await one.cut(by=other)

    await until(lambda: _sees(other, [1]), within=SOON)
    assert await one.is_lost(letter(1, chat=5)) is True
    assert await other.is_lost(letter(1, chat=5)) is False


async def test_a_process_that_is_cut_off_hears_of_it_and_comes_back(team: Team) -> None:
    one, other = await team.join(), await team.join_silently()
    await one.receive(letter(1, chat=5))

    await one.cut(by=other)
    await asyncio.wait_for(one.lost.wait(), SOON)

    await until(lambda: _receives(one, 2), within=SOON)
    await until(lambda: _sees(one, [1]), within=SOON)
    assert await one.is_lost(letter(1, chat=5)) is False


async def test_a_process_that_came_back_hears_news(team: Team) -> None:
    one, other = await team.join(), await team.join(capacity=0)
    await one.cut(by=other)
    await asyncio.wait_for(one.lost.wait(), SOON)
    await until(lambda: _receives(one, 2), within=SOON)
    one.news.clear()

    await other.receive(letter(3, chat=9))

    await asyncio.wait_for(one.news.wait(), SOON)


async def _sees(process: Process, numbers: Sequence[int]) -> bool:
    return await process.waiting() == list(numbers)


async def _receives(process: Process, number: int) -> bool:
    """Say whether a process takes chats: each time another letter, which is answered at once."""
    one = letter(number * 1000 + time.monotonic_ns() % 10**12, chat=number)
    received = await process.receive(one)
    await process.mail.done(one)
    await process.mail.release(number)
    return bool(received)


@asynccontextmanager
async def started(
    script: str, *arguments: str
) -> AsyncIterator[tuple[asyncio.subprocess.Process, bytes]]:
    """Run a script in a process of its own, from the line on that it writes."""
    command = (sys.executable, "-c", script, *arguments)
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=subprocess.PIPE)
    assert process.stdout
    try:
        yield process, await process.stdout.readline()
    finally:
        await kill(process)


async def kill(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    await process.wait()


_TAKE_AND_HANG = """
import asyncio, sys, time
from pathlib import Path
from bot.backends.keys import Cipher
from bot.backends.store.database import open_database
from bot.backends.store.mail import DatabaseMail
from bot.backends.store.sharing import Shared
from bot.channels.telegram.incoming import envelope

async def main():
    folder, url, key, raw = sys.argv[1:]
    async with open_database(Path(folder), url=url) as database:
        member = Shared(database)
        await member.join()
        mail = DatabaseMail(database, Cipher.of(key), claims=member, envelope=envelope)
        received = await mail.receive([envelope(raw)])
        print(len(received), member.leads.is_set(), flush=True)
        time.sleep(60)

asyncio.run(main())
"""


async def test_the_chats_and_the_lead_of_a_killed_process_go_to_another(team: Team) -> None:
    arguments = (str(team.folder), team.url, KEY, letter(1, chat=5).raw)
    async with started(_TAKE_AND_HANG, *arguments) as (process, said):
        other = await team.join()
        before = (other.member.leads.is_set(), await other.waiting())

        await kill(process)

    await until(lambda: _sees(other, [1]), within=SOON)
    await asyncio.wait_for(other.member.leads.wait(), SOON)
    assert (said, before) == (b"1 True\n", (False, []))


@pytest.fixture
def server(postgres: str) -> Iterator[PostgresServer]:
    """A server that a test may stop."""
    programs = postgres_programs()
    assert programs
    with postgres_server(programs, settings={}) as running:
        yield running


async def test_all_come_back_when_the_server_does(server: PostgresServer, tmp_path: Path) -> None:
    async with opened(server.url, tmp_path) as team:
        one, other = await team.join(), await team.join()
        await one.receive(letter(1, chat=5))

        server.stop()
        await asyncio.wait_for(asyncio.gather(one.lost.wait(), other.lost.wait()), 2 * SOON)
        leaders = (one.member.leads.is_set(), other.member.leads.is_set())
        with pytest.raises(StoreError, match="database_away"):
            await Shared(one.database).join()
        server.start()

        await until(lambda: _one_leads(one, other), within=3 * SOON)
        await until(lambda: _one_sees(one, other, number=1), within=3 * SOON)
        assert leaders == (False, False)


async def _one_sees(*processes: Process, number: int) -> bool:
    try:
        return [await process.waiting() for process in processes].count([number]) == 1
    except StoreError:  # A connection from before.
        return False


# One leads.


async def test_one_process_leads(team: Team) -> None:
    processes = [await team.join() for _ in range(3)]

    assert [process.member.leads.is_set() for process in processes] == [True, False, False]


async def test_another_leads_when_the_leader_leaves(team: Team) -> None:
    one, other = await team.join_silently(), await team.join()

    await one.member.leave()

    await asyncio.wait_for(other.member.leads.wait(), SOON)
    assert not one.member.leads.is_set()


async def test_it_ends_although_it_has_looked_at_that_moment(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = await team.join_silently()
    following = asyncio.create_task(process.follow())

    async def look() -> None:
        following.cancel()

    monkeypatch.setattr(process.member, "_look", look)

    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(following, 2 * SOON)


async def test_a_leader_that_is_cut_off_leads_no_longer(team: Team) -> None:
    one, other = await team.join(), await team.join()

    await one.cut(by=other)
    await asyncio.wait_for(one.lost.wait(), SOON)

    await until(lambda: _one_leads(one, other), within=2 * SOON)


async def _one_leads(*processes: Process) -> bool:
    return sum(process.member.leads.is_set() for process in processes) == 1


async def test_a_process_that_could_not_join_holds_nothing(team: Team) -> None:
    one = await team.join_silently()
    await one.member.leave()
    await one.database.write((text("ALTER TABLE claim RENAME TO claim_"), {}))

    with pytest.raises(StoreError):
        await one.member.join()

    await until(lambda: _nothing_is_locked(one.database), within=SOON)
    assert not one.member.leads.is_set()


async def _nothing_is_locked(database: Database) -> bool:
    locks = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory'"
    return not await database.rows(text(locks))


# One process works with a file.


async def test_a_file_is_one_process_s(tmp_path: Path) -> None:
    one, other = Alone(tmp_path), Alone(tmp_path)
    await one.join()

    with pytest.raises(StoreError) as refused:
        await other.join()

    assert (refused.value.code, refused.value.values) == ("already_running", {"path": tmp_path})
    assert (one.leads.is_set(), other.leads.is_set()) == (True, False)
    await one.leave()


async def test_a_file_can_be_had_when_its_process_has_left(tmp_path: Path) -> None:
    one, other = Alone(tmp_path), Alone(tmp_path)
    await one.join()
    await one.leave()

    await other.join()

    assert other.leads.is_set()
    await other.leave()


_JOIN_AND_HANG = """
import asyncio, sys, time
from pathlib import Path
from bot.backends.store.sharing import Alone

async def main():
    alone = Alone(Path(sys.argv[1]))
    await alone.join()
    print("joined", flush=True)
    time.sleep(60)

asyncio.run(main())
"""


async def test_a_file_can_be_had_when_its_process_was_killed(tmp_path: Path) -> None:
    async with started(_JOIN_AND_HANG, str(tmp_path)) as (process, said):
        alone = Alone(tmp_path)
        with pytest.raises(StoreError, match="already_running"):
            await alone.join()

        await kill(process)

    await alone.join()
    await alone.leave()
    assert said == b"joined\n"
