"""Each update once, each chat in order, chats side by side, and what a crash left waiting."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from bot.core.inbox import Inbox
from bot.core.messages import Received
from bot.core.ports import ChannelError, Early, LostError, StoreError, UpdateError
from tests.fakes import MemoryMail

FOR_EVER = 3600.0
AWAY = StoreError("state_unusable", reason="locked")


def letter(update: int, *, chat: int = 1, is_aside: bool = False, raw: str = "{}") -> Received:
    return Received(update, chat, raw, is_aside=is_aside)


async def settle() -> None:
    """Let everything go on until it waits for something that does not come by itself."""
    for _ in range(200):
        await asyncio.sleep(0)


@dataclass
class Handled:
    """Answers letters; those in `held` wait to be let go, those in `failing` fail so often."""

    mail: MemoryMail
    held: set[int] = field(default_factory=set)
    failing: dict[int, Sequence[Exception]] = field(default_factory=dict)
    begun: list[int] = field(default_factory=list)
    updates: list[int] = field(default_factory=list)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, letter: Received) -> None:
        self.begun.append(letter.update)
        if letter.update in self.held:
            await self.go_on.wait()
        errors = self.failing.get(letter.update, ())
        if (failed := self.begun.count(letter.update)) <= len(errors):
            raise errors[failed - 1]
        await self.mail.done(letter)
        self.updates.append(letter.update)


@dataclass
class Sleep:
    """Takes no time; `then` is called with how often was slept."""

    pauses: list[float] = field(default_factory=list)
    then: Callable[[int], None] = lambda _: None

    async def __call__(self, seconds: float) -> None:
        self.pauses.append(seconds)
        await asyncio.sleep(0)
        self.then(len(self.pauses))


@pytest.fixture
def mail() -> MemoryMail:
    return MemoryMail()


@pytest.fixture
def sleep() -> Sleep:
    return Sleep()


async def opened(
    handled: Handled,
    *,
    sleep: Sleep | None = None,
    side_by_side: int = 64,
    max_open: int = 1_000,
    on_failed: Callable[[Received], None] = lambda _: None,
) -> Inbox:
    """An inbox that knows what waits in its mail."""
    inbox = Inbox(
        handled.mail,
        handled,
        side_by_side=side_by_side,
        max_open=max_open,
        on_failed=on_failed,
        sleep=sleep or Sleep(),
    )
    await inbox.refill()
    return inbox


@contextlib.asynccontextmanager
async def following(inbox: Inbox, *, every: float = FOR_EVER) -> AsyncIterator[None]:
    task = asyncio.create_task(inbox.follow(every=every))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


# Each update once.


async def test_does_not_look_for_more_where_nothing_waits(mail: MemoryMail) -> None:
    handled = Handled(mail)
    inbox = await opened(handled)
    looks: list[int] = []
    waiting = mail.waiting

    async def counted(*, beside: Collection[int], limit: int) -> Sequence[Received]:
        looks.append(limit)
        return await waiting(beside=beside, limit=limit)

    mail.waiting = counted  # type: ignore[method-assign]
    async with following(inbox):
        await settle()
        for update in range(5):
            await inbox.receive([letter(update)])
            await settle()
        before = len(looks)
        inbox.look()
        await settle()

    assert (handled.updates, before, len(looks)) == ([0, 1, 2, 3, 4], 1, 2)


async def test_hands_over_each_update_once(mail: MemoryMail) -> None:
    handled = Handled(mail)
    inbox = await opened(handled)

    for update in (7, 7, 8, 7):
        await inbox.receive([letter(update)])
    await settle()
    await inbox.receive([letter(8)])
    await settle()

    assert handled.updates == [7, 8]


async def test_what_is_in_hand_is_not_fetched_again(mail: MemoryMail) -> None:
    handled = Handled(mail, held={1})
    inbox = await opened(handled)
    await inbox.receive([letter(1), letter(2)])

    await inbox.refill()
    handled.go_on.set()
    await settle()

    assert handled.updates == [1, 2]


class Careless(MemoryMail):
    """A mail that tells of every letter again."""

    async def receive(
        self, letters: Sequence[Received], *, early: Early = lambda _: None
    ) -> Sequence[Received]:
        await super().receive(letters, early=early)
        return letters


async def test_what_is_in_hand_is_not_begun_again_whatever_the_mail_says() -> None:
    handled = Handled(Careless(), held={1})
    inbox = await opened(handled)

    await inbox.receive([letter(1), letter(1)])
    await inbox.receive([letter(1)])
    await settle()
    handled.go_on.set()
    await settle()

    assert handled.begun == [1]


async def test_nothing_is_begun_before_it_is_on_disk(mail: MemoryMail) -> None:
    handled = Handled(mail)
    inbox = await opened(handled)
    mail.away = True

    with pytest.raises(StoreError):
        await inbox.receive([letter(1)])
    await settle()

    assert handled.begun == []


# But questions, which change nothing, and are answered once they are on disk.


def question(update: int, **values: Any) -> Received:
    return replace(Received(update, 1, "{}", person=1), **values)


class SlowMail(MemoryMail):
    """A mail that does nothing while `go_on` is not set."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = asyncio.Event()
        self.go_on.set()

    async def _reach(self) -> None:
        await self.go_on.wait()
        await super()._reach()


@dataclass
class Careful:
    """Begins at once, and answers once the update is on disk."""

    mail: MemoryMail
    failing: int = 0
    begun: list[int] = field(default_factory=list)
    updates: list[int] = field(default_factory=list)
    inbox: Inbox = field(init=False)

    async def opened(self) -> Inbox:
        self.inbox = Inbox(self.mail, self, sleep=Sleep())
        await self.inbox.refill()
        return self.inbox

    async def __call__(self, letter: Received) -> None:
        self.begun.append(letter.update)
        if self.failing:
            self.failing -= 1
            raise RuntimeError
        await self.inbox.kept(letter)
        await self.mail.done(letter)
        self.updates.append(letter.update)


async def begun_early(
    inbox: Inbox, handled: Careful, mail: SlowMail, *letters: Received
) -> list[int]:
    """Return what is begun before it is on disk; what came in is when this returns."""
    mail.go_on.clear()
    receiving = asyncio.create_task(inbox.receive(letters))
    await settle()
    begun = list(handled.begun)
    mail.go_on.set()
    await receiving
    return begun


async def test_a_question_is_worked_on_while_it_is_written_to_disk() -> None:
    handled = Careful(mail := SlowMail())
    inbox = await handled.opened()
    mail.go_on.clear()
    receiving = asyncio.create_task(inbox.receive([question(1)]))
    await settle()
    early = (list(handled.begun), list(handled.updates))
    mail.go_on.set()
    await receiving
    await settle()

    assert early == ([1], [])
    assert (handled.begun, handled.updates) == ([1], [1])


@pytest.mark.parametrize(
    "letters",
    [
        [question(1, is_aside=True)],
        [question(1, is_edit=True)],
        [question(1, chat=-5)],
        [question(1, person=7, chat=7)],
        [question(1), question(2)],
    ],
    ids=["a press", "an edit", "a group", "in the middle of something", "several of one chat"],
)
async def test_what_may_change_something_waits_for_the_disk(letters: list[Received]) -> None:
    handled = Careful(mail := SlowMail())
    mail.placed = {7}
    inbox = await handled.opened()
    early = await begun_early(inbox, handled, mail, *letters)
    await settle()

    assert early == []
    assert handled.updates == [letter.update for letter in letters]


async def test_a_question_that_could_not_be_kept_is_answered_when_it_comes_again() -> None:
    handled = Careful(mail := MemoryMail())
    inbox = await handled.opened()
    mail.away = True
    with pytest.raises(StoreError):
        await inbox.receive([question(1)])
    await settle()
    before = (list(handled.begun), list(handled.updates))
    mail.away = False
    await inbox.receive([question(1)])
    await settle()

    assert before == ([1], [])
    assert (handled.begun, handled.updates) == ([1, 1], [1])


async def test_what_fails_before_it_is_on_disk_is_tried_again_after() -> None:
    handled = Careful(mail := SlowMail(), failing=1)
    inbox = await handled.opened()
    early = await begun_early(inbox, handled, mail, question(1))
    await settle()

    assert early == [1]
    assert (handled.begun, handled.updates) == ([1, 1], [1])


async def test_nothing_is_begun_early_while_older_updates_may_wait() -> None:
    handled = Careful(mail := SlowMail())
    inbox = await handled.opened()
    inbox.look()
    early = await begun_early(inbox, handled, mail, question(1))
    await inbox.refill()
    await settle()

    assert early == []
    assert handled.updates == [1]


async def test_what_finds_no_room_early_waits_in_the_mail() -> None:
    handled = Careful(mail := MemoryMail())
    inbox = await handled.opened()
    await inbox.finish(within=0)

    await inbox.receive([question(1)])
    await settle()

    assert handled.begun == []
    assert [each.update for each in await mail.waiting(beside=(), limit=9)] == [1]


async def test_what_a_person_chose_is_looked_up_anew_behind_what_may_change_it(
    mail: MemoryMail,
) -> None:
    seen: dict[int, bool] = {}
    go_on = asyncio.Event()

    async def handle(letter: Received) -> None:
        seen[letter.update] = letter.settings is not None
        if letter.update == 2:
            await go_on.wait()
        await mail.done(letter)

    inbox = Inbox(mail, handle, sleep=Sleep())
    await inbox.refill()
    await inbox.receive([question(1), question(2, is_aside=True), question(3)])
    await settle()
    await inbox.receive([question(4)])
    await settle()
    go_on.set()
    await settle()
    await inbox.receive([question(5)])
    await settle()

    assert seen == {1: True, 2: False, 3: False, 4: False, 5: True}


async def test_what_is_in_hand_while_an_update_is_kept_may_change_what_its_person_chose() -> None:
    mail, seen, go_on = SlowMail(), dict[int, bool](), asyncio.Event()

    async def handle(letter: Received) -> None:
        seen[letter.update] = letter.settings is not None
        if letter.update == 1:
            await go_on.wait()

    inbox = Inbox(mail, handle, sleep=Sleep())
    await inbox.refill()
    await inbox.receive([question(1)])
    await settle()
    mail.go_on.clear()
    receiving = asyncio.create_task(inbox.receive([question(2, is_aside=True)]))
    await settle()
    go_on.set()
    await settle()
    mail.go_on.set()
    await receiving
    await settle()

    assert seen == {1: True, 2: False}


async def test_leaves_to_other_processes_what_is_theirs(mail: MemoryMail) -> None:
    handled = Handled(mail)
    inbox = await opened(handled)
    mail.elsewhere = {2}

    await inbox.receive([letter(1, chat=1), letter(2, chat=2)])
    await settle()

    assert handled.begun == [1]


# Each chat in order, others beside it.


async def test_keeps_the_order_within_a_chat(mail: MemoryMail) -> None:
    handled = Handled(mail, held={1})
    inbox = await opened(handled)

    await inbox.receive([letter(1)])
    await settle()
    await inbox.receive([letter(4)])
    await inbox.receive([letter(3), letter(2)])
    handled.go_on.set()
    await settle()

    assert handled.updates == [1, 2, 3, 4]


async def test_begins_a_chats_next_question_only_after_the_one_before(mail: MemoryMail) -> None:
    handled = Handled(mail, held={1})
    inbox = await opened(handled)

    await inbox.receive([letter(1), letter(2)])
    await settle()

    assert handled.begun == [1]


async def test_ids_may_go_backwards(mail: MemoryMail) -> None:
    handled = Handled(mail)
    inbox = await opened(handled)

    await inbox.receive([letter(500)])
    await settle()
    await inbox.receive([letter(3)])
    await settle()

    assert handled.updates == [500, 3]


async def test_a_slow_chat_does_not_hold_up_another(mail: MemoryMail) -> None:
    handled = Handled(mail, held={1})
    inbox = await opened(handled)

    await inbox.receive([letter(1, chat=1), letter(2, chat=2)])
    await settle()

    assert handled.updates == [2]


async def test_a_slow_answer_does_not_hold_up_its_own_chats_commands_and_presses(
    mail: MemoryMail,
) -> None:
    handled = Handled(mail, held={1})
    inbox = await opened(handled)

    await inbox.receive([letter(1), letter(2, is_aside=True), letter(3, is_aside=True)])
    await settle()

    assert handled.updates == [2, 3]


async def test_works_on_so_many_chats_at_a_time(mail: MemoryMail) -> None:
    handled = Handled(mail, held={1, 2, 3})
    inbox = await opened(handled, side_by_side=2)

    await inbox.receive([letter(chat, chat=chat) for chat in (1, 2, 3)])
    await settle()
    begun = list(handled.begun)
    handled.go_on.set()
    await settle()

    assert begun == [1, 2]
    assert sorted(handled.updates) == [1, 2, 3]


async def test_an_update_that_comes_as_the_last_one_ends_is_answered(mail: MemoryMail) -> None:
    handled = Handled(mail)
    inbox = await opened(handled)

    for update in range(1, 40):  # One of them comes at each step of the one before.
        await inbox.receive([letter(update)])
        for _ in range(update % 8):
            await asyncio.sleep(0)
    await settle()

    assert handled.updates == list(range(1, 40))


# What waits in the mail.


async def test_answers_what_a_crash_left_waiting_oldest_first(mail: MemoryMail) -> None:
    await mail.receive([letter(3), letter(1), letter(2)])
    handled = Handled(mail)

    await opened(handled)
    await settle()

    assert handled.updates == [1, 2, 3]


async def test_what_comes_in_waits_behind_what_a_crash_left(mail: MemoryMail) -> None:
    await mail.receive([letter(1)])
    handled = Handled(mail)
    inbox = Inbox(mail, handled)

    await inbox.receive([letter(2)])
    await settle()
    begun_too_early = list(handled.begun)
    await inbox.refill()
    await settle()

    assert begun_too_early == []
    assert handled.updates == [1, 2]


async def test_opens_no_more_than_so_many(mail: MemoryMail) -> None:
    handled = Handled(mail, held={1, 2, 3})
    inbox = await opened(handled, max_open=2)

    await inbox.receive([letter(chat, chat=chat) for chat in (1, 2, 3)])
    await inbox.refill()
    await settle()

    assert handled.begun == [1, 2]
    assert inbox.has_more


async def test_fetches_what_waits_as_room_comes_free(mail: MemoryMail) -> None:
    handled = Handled(mail, held={1, 2})
    inbox = await opened(handled, max_open=2)

    async with following(inbox):
        await inbox.receive([letter(chat, chat=chat) for chat in range(1, 8)])
        await settle()
        begun = list(handled.begun)
        handled.go_on.set()
        await settle()

    assert begun == [1, 2]
    assert sorted(handled.updates) == [1, 2, 3, 4, 5, 6, 7]
    assert not inbox.has_more


async def test_what_comes_in_as_room_comes_free_does_not_overtake_its_own_chat(
    mail: MemoryMail,
) -> None:
    handled = Handled(mail, held={1})
    inbox = await opened(handled, max_open=1)

    async with following(inbox):
        await inbox.receive([letter(1, chat=1), letter(2, chat=2)])
        handled.go_on.set()
        await inbox.room()
        await inbox.receive([letter(3, chat=2)])
        await settle()

    assert handled.updates == [1, 2, 3]


class LateMail(MemoryMail):
    """A mail whose answer comes when much has happened since it was made."""

    async def waiting(self, *, beside: Collection[int], limit: int) -> Sequence[Received]:
        found = await super().waiting(beside=beside, limit=limit)
        await settle()
        return found


async def test_what_comes_in_while_the_mail_is_read_waits_its_turn() -> None:
    mail = LateMail()
    await mail.receive([letter(1)])
    handled = Handled(mail)
    inbox = Inbox(mail, handled)

    async with following(inbox):
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await inbox.receive([letter(2)])
        begun_too_early = list(handled.begun)
        for _ in range(4):
            await settle()

    assert begun_too_early == []
    assert handled.updates == [1, 2]


async def test_what_comes_in_while_nothing_is_found_is_not_overlooked() -> None:
    handled = Handled(LateMail())
    inbox = Inbox(handled.mail, handled)

    async with following(inbox):
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await inbox.receive([letter(1)])
        for _ in range(4):
            await settle()

    assert handled.updates == [1]


async def test_what_comes_in_waits_behind_what_did_not_fit(mail: MemoryMail) -> None:
    await mail.receive([letter(1, chat=1), letter(2, chat=2)])
    handled = Handled(mail)
    inbox = await opened(handled, max_open=1)
    await settle()

    await inbox.receive([letter(3, chat=2)])
    await settle()
    for _ in range(2):
        await inbox.refill()
        await settle()

    assert handled.updates == [1, 2, 3]


async def test_looks_at_once_where_somebody_has_brought_something_in(mail: MemoryMail) -> None:
    handled = Handled(mail)
    inbox = await opened(handled)

    async with following(inbox):
        await settle()
        await mail.receive([letter(1)])
        inbox.look()
        await settle()

    assert handled.updates == [1]


async def test_looks_every_so_many_seconds(mail: MemoryMail) -> None:
    handled = Handled(mail)
    inbox = await opened(handled)

    async with following(inbox, every=0):
        await settle()
        await mail.receive([letter(1)])
        await settle()

    assert handled.updates == [1]


async def test_reads_on_once_the_mail_can_be_read(
    mail: MemoryMail, caplog: pytest.LogCaptureFixture
) -> None:
    await mail.receive([letter(1)])
    handled = Handled(mail)
    inbox = Inbox(mail, handled)
    mail.away = True

    async with following(inbox, every=0):
        await settle()
        mail.away = False
        await settle()

    assert handled.updates == [1]
    assert "what waits cannot be read" in caplog.text


class Damaged(MemoryMail):
    """A mail that cannot be read at first, in a way nobody has thought of."""

    is_damaged = True

    async def waiting(self, *, beside: Collection[int], limit: int) -> Sequence[Received]:
        if self.is_damaged:
            raise ValueError("nomor rekening saya")
        return await super().waiting(beside=beside, limit=limit)


async def test_follows_on_after_a_failure_that_nobody_has_thought_of(
    caplog: pytest.LogCaptureFixture,
) -> None:
    mail = Damaged()
    await mail.receive([letter(1)])
    handled = Handled(mail)

    async with following(Inbox(mail, handled), every=0):
        await settle()
        mail.is_damaged = False
        await settle()

    assert handled.updates == [1]
    assert "what waits cannot be read, trying again: ValueError in test_inbox.py:" in caplog.text
    assert "rekening" not in caplog.text


async def test_what_comes_in_wakes_one_that_could_not_read(mail: MemoryMail) -> None:
    handled = Handled(mail)
    inbox = Inbox(mail, handled)
    mail.away = True

    async with following(inbox):
        await settle()
        mail.away = False
        await inbox.receive([letter(1)])
        await settle()

    assert handled.updates == [1]


async def test_there_is_room_at_once_where_little_is_open(mail: MemoryMail) -> None:
    inbox = await opened(Handled(mail, held={1}), max_open=2)
    await inbox.receive([letter(1)])

    await inbox.room()


async def test_there_is_no_room_until_something_is_answered(mail: MemoryMail) -> None:
    handled = Handled(mail, held={2})
    inbox = await opened(handled, max_open=1)
    await inbox.receive([letter(1)])
    await settle()
    await inbox.receive([letter(2)])

    waiting = asyncio.create_task(inbox.room())
    await settle()
    inbox.look()
    await settle()
    had_to_wait = not waiting.done()
    handled.go_on.set()
    await settle()

    assert had_to_wait
    assert waiting.done()


# What fails.


async def test_a_lull_is_there_once_nothing_is_in_hand(mail: MemoryMail) -> None:
    handled = Handled(mail, held={1})
    inbox = await opened(handled)
    await inbox.lull(within=FOR_EVER)
    await inbox.receive([letter(1)])

    lull = asyncio.create_task(inbox.lull(within=FOR_EVER))
    await settle()
    is_there_before = lull.done()
    handled.go_on.set()
    await lull

    assert not is_there_before
    assert handled.updates == [1]


async def test_a_lull_is_waited_for_no_longer_than_said(mail: MemoryMail) -> None:
    handled = Handled(mail, held={1})
    inbox = await opened(handled)
    await inbox.receive([letter(1)])

    await inbox.lull(within=0.0)

    assert handled.begun == [1]
    assert handled.updates == []


async def test_an_update_that_fails_is_tried_again_after_growing_pauses(
    mail: MemoryMail, sleep: Sleep
) -> None:
    handled = Handled(mail, failing={1: [RuntimeError()] * 3})
    inbox = await opened(handled, sleep=sleep)

    await inbox.receive([letter(1)])
    await settle()

    assert (handled.updates, sleep.pauses) == ([1], [0.2, 1.0, 5.0])
    assert mail.dead == {}


async def test_an_update_that_fails_again_and_again_becomes_a_dead_letter(
    mail: MemoryMail, sleep: Sleep
) -> None:
    handled = Handled(mail, failing={1: [RuntimeError()] * 9})
    failed: list[Received] = []
    inbox = await opened(handled, sleep=sleep, on_failed=failed.append)

    await inbox.receive([letter(1), letter(2)])
    await settle()
    await inbox.refill()
    await settle()

    assert handled.begun == [1, 1, 1, 1, 2]
    assert list(mail.dead) == [1]
    assert [letter.update for letter in failed] == [1]


async def test_attempts_from_before_a_crash_count(mail: MemoryMail, sleep: Sleep) -> None:
    await mail.receive([letter(1)])
    for _ in range(3):
        await mail.fail(letter(1), "RuntimeError", is_final=False)
    handled = Handled(mail, failing={1: [RuntimeError()] * 9})

    await opened(handled, sleep=sleep)
    await settle()

    assert (handled.begun, list(mail.dead), sleep.pauses) == ([1], [1], [])


async def test_more_attempts_than_there_are_from_an_older_program_are_no_hindrance(
    mail: MemoryMail,
) -> None:
    await mail.receive([letter(1)])
    for _ in range(7):
        await mail.fail(letter(1), "RuntimeError", is_final=False)
    handled = Handled(mail, failing={1: [RuntimeError()]})

    await opened(handled)
    await settle()

    assert list(mail.dead) == [1]


async def test_an_update_that_cannot_be_read_is_a_dead_letter_at_once(
    mail: MemoryMail, sleep: Sleep
) -> None:
    error = UpdateError("update_unreadable", reason="KeyError")
    handled = Handled(mail, failing={1: [error]})
    failed: list[Received] = []
    inbox = await opened(handled, sleep=sleep, on_failed=failed.append)

    await inbox.receive([letter(1), letter(2)])
    await settle()

    assert (handled.begun, handled.updates, sleep.pauses) == ([1, 2], [2], [])
    assert mail.dead == {1: "update_unreadable: reason=KeyError"}
    assert len(failed) == 1


@pytest.mark.parametrize(
    "error", [ChannelError("telegram_away"), AWAY], ids=["the channel", "the state"]
)
async def test_waits_for_ever_for_what_is_away(
    mail: MemoryMail, sleep: Sleep, error: Exception
) -> None:
    times = 1_100
    handled = Handled(mail, failing={1: [error] * times})
    inbox = await opened(handled, sleep=sleep)

    await inbox.receive([letter(1), letter(2)])
    for _ in range(2 * times // 100):
        await settle()

    assert handled.updates == [1, 2]
    assert sleep.pauses[:7] == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]
    assert mail.dead == {}


async def test_waiting_counts_as_no_failed_attempt(mail: MemoryMail) -> None:
    errors = [AWAY] * 5 + [RuntimeError()] * 3
    handled = Handled(mail, failing={1: errors})
    inbox = await opened(handled)

    await inbox.receive([letter(1)])
    await settle()

    assert (handled.updates, mail.dead) == ([1], {})


async def test_drops_an_update_that_another_process_has_taken_over(
    mail: MemoryMail, sleep: Sleep
) -> None:
    lost = LostError("chat_taken_over", update=1)
    handled = Handled(mail, failing={1: [lost]})
    inbox = await opened(handled, sleep=sleep)

    await inbox.receive([letter(1), letter(2)])
    await settle()

    assert (handled.begun, handled.updates, mail.dead) == ([1, 2], [2], {})
    assert sleep.pauses == []


async def test_a_failed_attempt_that_cannot_be_noted_is_followed_by_the_next(
    mail: MemoryMail, sleep: Sleep, caplog: pytest.LogCaptureFixture
) -> None:
    handled = Handled(mail, failing={1: [RuntimeError()]})
    inbox = await opened(handled, sleep=sleep)
    await inbox.receive([letter(1)])
    mail.away = True

    def come_back(_: int) -> None:
        mail.away = False

    sleep.then = come_back
    await settle()

    assert (handled.updates, sleep.pauses) == ([1], [0.2])
    assert "update 1: its failure was not noted" in caplog.text


async def test_a_dead_letter_is_noted_however_long_that_takes(
    mail: MemoryMail, sleep: Sleep
) -> None:
    times = 2_000
    handled = Handled(mail, failing={1: [UpdateError("update_unreadable", reason="x")]})
    failed: list[Received] = []
    inbox = await opened(handled, sleep=sleep, on_failed=failed.append)
    await inbox.receive([letter(1), letter(2)])
    mail.away = True

    def come_back(slept: int) -> None:
        mail.away = slept < times

    sleep.then = come_back
    for _ in range(4 * times // 100):
        await settle()

    assert set(sleep.pauses) == {30.0}
    assert (list(mail.dead), handled.updates, len(failed)) == ([1], [2], 1)


class Broken(MemoryMail):
    """A mail that fails in a way nobody has thought of."""

    async def fail(self, letter: Received, reason: str, *, is_final: bool) -> None:
        raise ValueError


async def test_a_failure_that_nobody_has_thought_of_does_not_block_its_chat() -> None:
    mail = Broken()
    handled = Handled(mail, failing={1: [RuntimeError()]})
    inbox = await opened(handled)

    await inbox.receive([letter(1), letter(2)])
    await settle()
    await inbox.receive([letter(3)])
    await settle()
    await inbox.refill()
    await settle()

    assert handled.updates == [2, 3, 1]


async def test_logs_a_failure_by_its_update_and_place_and_without_the_text(
    mail: MemoryMail, caplog: pytest.LogCaptureFixture
) -> None:
    handled = Handled(mail, failing={17: [RuntimeError("nomor rekening saya")] * 4})
    inbox = await opened(handled)

    with caplog.at_level(logging.ERROR, "bot.core.inbox"):
        await inbox.receive([letter(17, raw='{"text": "rekening"}')])
        await settle()

    assert "update 17 failed, attempt 4: RuntimeError in test_inbox.py:" in caplog.text
    assert "rekening" not in caplog.text + mail.dead[17]
    assert mail.dead[17].startswith("RuntimeError in test_inbox.py:")


# Letting go of a chat.


async def test_lets_a_chat_go_once_nothing_of_it_is_left(mail: MemoryMail) -> None:
    handled = Handled(mail, held={1})
    inbox = await opened(handled)

    await inbox.receive([letter(1), letter(2), letter(3, is_aside=True)])
    await settle()
    released_too_early = list(mail.released)
    handled.go_on.set()
    await settle()

    assert released_too_early == []
    assert mail.released == [1]


async def test_lets_a_chat_go_again_after_its_next_update(mail: MemoryMail) -> None:
    inbox = await opened(Handled(mail))

    await inbox.receive([letter(1, chat=5)])
    await settle()
    await inbox.receive([letter(2, chat=5)])
    await settle()

    assert mail.released == [5, 5]


async def test_a_chat_that_could_not_be_let_go_is_answered_all_the_same(
    mail: MemoryMail, caplog: pytest.LogCaptureFixture
) -> None:
    handled = Handled(mail, held={1})
    inbox = await opened(handled)
    lost = LostError("chat_taken_over", update=1)
    handled.failing = {1: [lost]}
    await inbox.receive([letter(1)])
    await settle()

    mail.away = True
    handled.go_on.set()
    await settle()
    mail.away = False
    await inbox.receive([letter(2)])
    await settle()

    assert "chat 1 was not let go" in caplog.text
    assert handled.updates == [2]


# The end.


async def test_finishing_waits_for_what_is_in_hand(mail: MemoryMail) -> None:
    handled = Handled(mail, held={1})
    inbox = await opened(handled)
    await inbox.receive([letter(1)])
    await settle()

    finishing = asyncio.create_task(inbox.finish(within=60))
    await settle()
    had_to_wait = not finishing.done()
    handled.go_on.set()

    assert had_to_wait
    assert await finishing == 0
    assert handled.updates == [1]


async def test_finishing_begins_nothing_new_and_counts_what_is_left(mail: MemoryMail) -> None:
    handled = Handled(mail, held={1})
    inbox = await opened(handled, side_by_side=1)
    await inbox.receive([letter(1), letter(2), letter(3, chat=2)])
    await settle()

    finishing = asyncio.create_task(inbox.finish(within=60))
    await settle()
    handled.go_on.set()

    assert await finishing == 2
    assert (handled.begun, mail.released) == ([1], [])


async def test_finishing_stops_what_takes_too_long(mail: MemoryMail) -> None:
    handled = Handled(mail, held={1})
    inbox = await opened(handled)
    await inbox.receive([letter(1), letter(2)])
    await settle()

    left = await inbox.finish(within=0)

    assert (left, handled.updates) == (2, [])
    assert [waiting.update for waiting in await mail.waiting(beside=(), limit=9)] == [1, 2]


async def test_finishing_with_nothing_in_hand_is_done_at_once(mail: MemoryMail) -> None:
    inbox = await opened(Handled(mail))

    assert await inbox.finish(within=60) == 0


async def test_what_comes_in_after_the_end_is_kept_for_the_next_start(mail: MemoryMail) -> None:
    handled = Handled(mail)
    inbox = await opened(handled)
    await inbox.finish(within=60)

    await inbox.receive([letter(1)])
    await inbox.refill()
    await settle()
    begun = list(handled.begun)
    await opened(handled)
    await settle()

    assert begun == []
    assert handled.updates == [1]


async def test_following_goes_quietly_on_after_the_end(mail: MemoryMail) -> None:
    handled = Handled(mail)
    inbox = await opened(handled, max_open=1)

    async with following(inbox):
        await inbox.finish(within=60)
        await inbox.receive([letter(1), letter(2)])
        inbox.look()
        await settle()

    assert handled.begun == []


# Another process takes over.


async def test_abandoning_stops_what_is_in_hand(mail: MemoryMail) -> None:
    handled = Handled(mail, held={1})
    inbox = await opened(handled)
    await inbox.receive([letter(1), letter(2)])
    await settle()

    await inbox.abandon()
    handled.go_on.set()
    await settle()

    assert (handled.begun, handled.updates) == ([1], [])


async def test_abandoning_makes_room(mail: MemoryMail) -> None:
    inbox = await opened(Handled(mail, held={1}), max_open=1)
    await inbox.receive([letter(1)])
    waiting = asyncio.create_task(inbox.room())
    await settle()

    await inbox.abandon()
    await settle()

    assert waiting.done()


async def test_answers_what_was_abandoned_where_it_waits_all_the_same(mail: MemoryMail) -> None:
    handled = Handled(mail, held={1})
    inbox = await opened(handled)

    async with following(inbox):
        await inbox.receive([letter(1), letter(2)])
        await settle()
        handled.held = set()
        await inbox.abandon()
        await settle()

    assert handled.begun == [1, 1, 2]
    assert handled.updates == [1, 2]


async def test_what_was_abandoned_goes_before_what_was_just_read() -> None:
    mail = LateMail()
    handled = Handled(mail, held={1})
    inbox = await opened(handled)
    await inbox.receive([letter(1)])
    await settle()
    await mail.receive([letter(2)])

    reading = asyncio.create_task(inbox.refill())
    for _ in range(4):
        await asyncio.sleep(0)
    handled.held = set()
    await inbox.abandon()
    await reading
    await inbox.refill()
    await settle()

    assert handled.begun == [1, 1, 2]


class Tidy(Handled):
    """Puts things away, which takes a while, when it is stopped."""

    async def __call__(self, letter: Received) -> None:
        try:
            await super().__call__(letter)
        finally:
            await settle()


async def test_what_comes_in_during_the_abandoning_begins_after_it(mail: MemoryMail) -> None:
    handled = Tidy(mail, held={1, 2})
    inbox = await opened(handled)
    await inbox.receive([letter(1)])
    await asyncio.sleep(0)

    abandoning = asyncio.create_task(inbox.abandon())
    await asyncio.sleep(0)
    await inbox.receive([letter(2, chat=2)])
    await inbox.refill()
    await asyncio.sleep(0)
    begun_meanwhile = handled.begun[1:]
    await abandoning
    handled.go_on.set()
    await inbox.refill()
    for _ in range(4):
        await settle()

    assert begun_meanwhile == []
    assert handled.updates == [1, 2]
