"""The inbox in any course of events: nothing lost, nothing twice, each chat in order."""

import asyncio
import contextlib
from collections.abc import Collection, Sequence

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from bot.core.inbox import Inbox
from bot.core.messages import Received
from bot.core.ports import Early, StoreError
from tests.fakes import MemoryMail

FOR_EVER = 3600.0
PATIENCE = 10_000  # Turns of the loop.


async def turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


class LateMail(MemoryMail):
    """A mail whose answers come a step late; `closed` are the letters done and dead, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.closed: list[Received] = []

    async def receive(
        self, letters: Sequence[Received], *, early: Early = lambda _: None
    ) -> Sequence[Received]:
        new = await super().receive(letters, early=early)
        await asyncio.sleep(0)
        return new

    async def waiting(self, *, beside: Collection[int], limit: int) -> Sequence[Received]:
        found = await super().waiting(beside=beside, limit=limit)
        await turns(3)
        return found

    async def done(self, letter: Received, replies: Sequence[int] = ()) -> None:
        await super().done(letter, replies)
        self.closed.append(letter)
        await asyncio.sleep(0)

    async def fail(self, letter: Received, reason: str, *, is_final: bool) -> None:
        await super().fail(letter, reason, is_final=is_final)
        self.closed += [letter] * is_final
        await asyncio.sleep(0)


class World:
    """An inbox, who brings letters, and who answers them once they are told to go on."""

    def __init__(self, *, max_open: int, side_by_side: int) -> None:
        self.mail = LateMail()
        self.sent: list[Received] = []
        self.failures: dict[int, int] = {}
        self.wrong: list[str] = []
        self.at_ease = False
        self.was_away = False
        self._ready = asyncio.Semaphore(0)
        self._busy: set[tuple[int, bool]] = set()
        self._bounds = (max_open, side_by_side)
        self._delivered = 0
        self.start()

    def start(self) -> None:
        max_open, side_by_side = self._bounds
        self.inbox = Inbox(
            self.mail,
            self.handle,
            max_open=max_open,
            side_by_side=side_by_side,
            sleep=lambda _: asyncio.sleep(0),
        )
        running = (self.inbox.follow(every=FOR_EVER), self.deliver())
        self._tasks = [asyncio.create_task(work) for work in running]

    async def restart(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.inbox.finish(within=0)
        self.start()

    def go_on(self, count: int) -> None:
        for _ in range(count):
            self._ready.release()

    async def deliver(self) -> None:
        """Bring letters one after another, each again until it is kept."""
        while True:
            await asyncio.sleep(0)
            for letter in self.sent[self._delivered : self._delivered + 1]:
                with contextlib.suppress(StoreError):
                    await self.inbox.receive([letter])
                    self._delivered += 1

    async def handle(self, letter: Received) -> None:
        lane = (letter.chat, letter.is_aside)
        if lane in self._busy:
            self.wrong.append(f"{letter.update} is begun beside another of its lane")
        if letter.update in [closed.update for closed in self.mail.closed]:
            self.wrong.append(f"{letter.update} is begun after its end")
        self._busy.add(lane)
        try:
            await self.answer(letter)
        except asyncio.CancelledError:
            with contextlib.suppress(asyncio.CancelledError):
                await turns(2)  # What is stopped may have something to put away.
            raise
        finally:
            self._busy.discard(lane)

    async def answer(self, letter: Received) -> None:
        if not self.at_ease:
            await self._ready.acquire()
        if self.failures[letter.update]:
            self.failures[letter.update] -= 1
            raise RuntimeError
        await self.inbox.kept(letter)
        await self.mail.done(letter)

    async def come_to_rest(self) -> None:
        self.mail.away, self.at_ease = False, True
        self.go_on(len(self.sent))
        await turns(10)
        if self.was_away:
            self.inbox.look()  # Else it would wait to read the mail again.
        for _ in range(PATIENCE):
            if len(self.mail.closed) < len(self.failures):
                await asyncio.sleep(0)
        await turns(200)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


class AnyCourse(RuleBasedStateMachine):
    """Letters come, answers fail, the mail is away, the process ends: in any order."""

    @initialize(max_open=st.integers(1, 4), side_by_side=st.integers(1, 3))
    def begin(self, max_open: int, side_by_side: int) -> None:
        self.runner = asyncio.Runner()

        async def begin() -> World:
            return World(max_open=max_open, side_by_side=side_by_side)

        self.world = self.runner.run(begin())

    @rule(
        chats=st.lists(st.tuples(st.integers(1, 3), st.booleans()), min_size=1, max_size=5),
        failures=st.sampled_from([0, 0, 0, 1, 4]),
    )
    def letters_come(self, chats: list[tuple[int, bool]], failures: int) -> None:
        for update, (chat, is_aside) in enumerate(chats, len(self.world.sent) + 1):
            person = chat % 3  # Questions of the chats 1 and 2 are begun before they are kept.
            letter = Received(update, chat, "{}", is_aside=is_aside, person=person)
            self.world.sent.append(letter)
            self.world.failures[update] = failures

    @rule(count=st.integers(1, 20))
    def time_passes(self, count: int) -> None:
        self.runner.run(turns(count))

    @rule(again=st.integers(0, 30))
    def a_letter_comes_again(self, again: int) -> None:
        self.world.sent += self.world.sent[again : again + 1]

    @rule(count=st.integers(1, 5))
    def answers_are_ready(self, count: int) -> None:
        self.world.go_on(count)

    @rule(away=st.booleans())
    def the_mail_goes_or_comes_back(self, away: bool) -> None:
        self.world.was_away |= away
        self.world.mail.away = away

    @rule()
    def somebody_has_brought_something(self) -> None:
        self.world.inbox.look()

    @rule()
    def another_process_takes_over(self) -> None:
        async def abandon() -> None:
            self.abandoning = asyncio.create_task(self.world.inbox.abandon())

        self.runner.run(abandon())

    @rule()
    def the_process_starts_again(self) -> None:
        self.runner.run(self.world.restart())

    @invariant()
    def nothing_is_begun_twice(self) -> None:
        assert self.world.wrong == []

    def teardown(self) -> None:
        self.runner.run(self.world.come_to_rest())
        self.runner.close()

        lanes: dict[tuple[int, bool], list[int]] = {}
        for closed in self.world.mail.closed:
            lanes.setdefault((closed.chat, closed.is_aside), []).append(closed.update)
        updates = sorted(closed.update for closed in self.world.mail.closed)
        assert self.world.wrong == []
        assert updates == sorted({letter.update for letter in self.world.sent})
        assert [lane for lane in lanes.values() if lane != sorted(lane)] == []


def test_whatever_happens_each_chat_is_answered_in_order_nothing_lost_nothing_twice() -> None:
    run_state_machine_as_test(
        AnyCourse,
        settings=settings(
            max_examples=60, stateful_step_count=40, derandomize=True, deadline=None, database=None
        ),
    )
