"""Each update once, each chat in order, chats side by side."""

import asyncio
import logging

import pytest

from bot.core.inbox import Inbox
from bot.core.messages import Command, Press, Question
from tests.fakes import Handled, sender


def question(update: int, *, chat: int = 1, text: str = "halo") -> Question:
    return Question(update, sender(chat), text)


async def test_hands_over_each_update_once() -> None:
    handled = Handled()
    inbox = Inbox(handled)

    for update in (7, 7, 8, 7):
        await inbox.receive(question(update))
    await inbox.finish(within=1)

    assert handled.updates == [7, 8]


async def test_an_update_that_was_handled_is_not_handled_again() -> None:
    handled = Handled()
    inbox = Inbox(handled)

    await inbox.receive(question(7))
    await inbox.finish(within=1)
    await inbox.receive(question(7))
    await inbox.finish(within=1)

    assert handled.updates == [7]


async def test_an_update_that_failed_is_not_handled_again() -> None:
    handled = Handled(failing={7})
    inbox = Inbox(handled)

    await inbox.receive(question(7))
    await inbox.finish(within=1)
    await inbox.receive(question(7))
    await inbox.finish(within=1)

    assert handled.begun == [7]


async def test_ids_may_go_backwards() -> None:
    handled = Handled()
    inbox = Inbox(handled)

    await inbox.receive(question(500))
    await inbox.receive(question(3))
    await inbox.finish(within=1)

    assert handled.updates == [500, 3]


async def test_keeps_the_order_within_a_chat() -> None:
    handled = Handled(held={1})
    inbox = Inbox(handled)

    for update in (1, 2, 3):
        await inbox.receive(question(update))
    await asyncio.sleep(0)
    handled.go_on.set()
    await inbox.finish(within=1)

    assert handled.updates == [1, 2, 3]


async def test_begins_a_chats_next_question_only_after_the_one_before() -> None:
    handled = Handled(held={1})
    inbox = Inbox(handled)

    await inbox.receive(question(1))
    await inbox.receive(question(2))
    await asyncio.sleep(0.01)

    assert handled.begun == [1]
    assert await inbox.finish(within=0) == 2


async def test_a_slow_chat_does_not_hold_up_another() -> None:
    handled = Handled(held={1})
    inbox = Inbox(handled)

    await inbox.receive(question(1, chat=1))
    await inbox.receive(question(2, chat=2))
    await asyncio.sleep(0.01)

    assert handled.updates == [2]
    assert await inbox.finish(within=0) == 1


@pytest.mark.parametrize(
    "quick", [Command(2, sender(1), "help"), Press(2, sender(1), "l:en")], ids=["command", "press"]
)
async def test_a_slow_answer_does_not_hold_up_its_own_chats(quick: Command | Press) -> None:
    handled = Handled(held={1})
    inbox = Inbox(handled)

    await inbox.receive(question(1))
    await inbox.receive(quick)
    await asyncio.sleep(0.01)

    assert handled.updates == [2]
    assert await inbox.finish(within=0) == 1


async def test_an_update_that_fails_does_not_block_its_chat() -> None:
    handled = Handled(failing={1})
    inbox = Inbox(handled)

    await inbox.receive(question(1))
    await inbox.receive(question(2))
    await inbox.finish(within=1)

    assert handled.updates == [2]


async def test_logs_a_failure_by_its_update_and_without_the_text(
    caplog: pytest.LogCaptureFixture,
) -> None:
    inbox = Inbox(Handled(failing={17}))

    with caplog.at_level(logging.ERROR, "bot.core.inbox"):
        await inbox.receive(question(17, text="nomor rekening saya"))
        await inbox.finish(within=1)

    assert "update 17 could not be handled" in caplog.text
    assert "rekening" not in caplog.text


async def test_waits_with_taking_in_while_too_many_are_open() -> None:
    handled = Handled(held={1})
    inbox = Inbox(handled, max_open=2)

    await inbox.receive(question(1))
    await inbox.receive(question(2))
    third = asyncio.create_task(inbox.receive(question(3)))
    await asyncio.sleep(0.01)
    had_to_wait = not third.done()
    handled.go_on.set()
    await third
    await inbox.finish(within=1)

    assert had_to_wait
    assert handled.updates == [1, 2, 3]


async def test_works_on_so_many_chats_at_a_time() -> None:
    handled = Handled(held={1, 2, 3})
    inbox = Inbox(handled, side_by_side=2)

    for chat in (1, 2, 3):
        await inbox.receive(question(chat, chat=chat))
    await asyncio.sleep(0.01)
    begun = list(handled.begun)
    handled.go_on.set()
    await inbox.finish(within=1)

    assert begun == [1, 2]
    assert sorted(handled.updates) == [1, 2, 3]


async def test_finishing_waits_for_what_is_in_hand() -> None:
    handled = Handled(held={1})
    inbox = Inbox(handled)
    await inbox.receive(question(1))
    asyncio.get_running_loop().call_later(0.02, handled.go_on.set)

    left = await inbox.finish(within=5)

    assert (left, handled.updates) == (0, [1])


async def test_finishing_counts_what_is_left() -> None:
    handled = Handled(held={1})
    inbox = Inbox(handled)
    for update in (1, 2, 3):
        await inbox.receive(question(update))

    left = await inbox.finish(within=0.01)

    assert (left, handled.updates) == (3, [])


async def test_finishing_with_nothing_in_hand_is_done_at_once() -> None:
    assert await Inbox(Handled()).finish(within=60) == 0


async def test_forgets_the_oldest_update_ids_so_that_memory_stays_bounded() -> None:
    handled = Handled()
    inbox = Inbox(handled)

    for update in range(10_001):
        await inbox.receive(question(update, chat=update % 50))
    await inbox.finish(within=10)
    await inbox.receive(question(0))
    await inbox.receive(question(10_000))
    await inbox.finish(within=1)

    assert handled.updates.count(0) == 2
    assert handled.updates.count(10_000) == 1
