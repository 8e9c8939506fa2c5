"""Announcements: who wants them, what staff see before they go."""

import pytest

from bot.core import news
from bot.core.messages import Button, Command, Press, Reply, Turn
from bot.core.staff import Staff
from tests.desks import SHOWN, ListedDesk
from tests.fakes import PHRASES, sender
from tests.unit.test_calculating import GROUP, Talk, buttons, told

MEMBER = 7


def staff(desk: ListedDesk) -> Staff:
    return Staff(desk, members=[MEMBER], phrases={"en": SHOWN})


async def composed(desk: ListedDesk, text: str) -> Turn:
    return await staff(desk).turn(Command(1, sender(MEMBER), "announce", text=text), "en")


async def pressed(desk: ListedDesk, data: str) -> Turn:
    return await staff(desk).turn(Press(2, sender(MEMBER), f"desk:{data}", "q", 9), "en")


def data(turn: Turn) -> list[str]:
    return [button.data for reply in turn.replies for row in reply.keyboard for button in row]


async def test_whoever_says_yes_is_subscribed_until_they_say_no() -> None:
    talk = Talk()

    asked = await talk.command("news")
    yes = await talk.press("a:yes")
    is_on = await talk.command("news")
    no = await talk.press("a:no")

    assert told(asked) == "(en) news_ask"
    assert [button.data for button in buttons(asked)] == ["a:yes", "a:no"]
    assert (told(yes), yes.keyboard) == ("(en) news_started", ())
    assert (told(is_on), buttons(is_on)) == (
        "(en) news_is_on",
        [Button("(en) news_stop", "a:no")],
    )
    assert (no.toast, no.replies) == ("(en) news_stopped", ())
    assert talk.store.subscribers == set()


async def test_nobody_subscribes_a_group() -> None:
    assert told(await Talk().command("news", chat=GROUP)) == "(en) private_only"


def test_an_announcement_can_be_ended_by_one_press() -> None:
    reply = news.announced("**Class** on Saturday", phrases=PHRASES["en"])

    assert reply == Reply("📣 **Class** on Saturday", ((Button("(en) news_stop", "a:no"),),))


async def test_staff_see_an_announcement_before_it_goes() -> None:
    desk = ListedDesk()

    turn = await composed(desk, "A class.")

    assert [reply.text for reply in turn.replies] == ["📣 A class.", "<announce_ask people=300>"]
    assert data(turn)[1:] == ["desk:say:4", "desk:unsay:4"]
    assert desk.asked == [("compose", "A class.", MEMBER)]


async def test_an_announcement_needs_words() -> None:
    desk = ListedDesk()

    assert (await composed(desk, "")).replies[0].text == "announce_how"
    assert desk.asked == []


async def test_nothing_is_announced_where_nobody_wants_it() -> None:
    assert (await composed(ListedDesk(people=0), "A class.")).replies[0].text == "announce_nobody"


async def test_an_announcement_goes_and_can_be_stopped() -> None:
    desk = ListedDesk()

    turn = await pressed(desk, "say:4")
    stopped = await pressed(desk, "halt:4")
    dropped = await pressed(desk, "unsay:4")

    assert turn.replies[0].text == "<announce_going people=300>"
    assert (data(turn), turn.keyboard) == (["desk:halt:4"], ())
    assert (stopped.toast, dropped.toast) == ("announce_halted", "announce_dropped")
    assert desk.asked == [("announce", 4), ("halt", 4), ("halt", 4)]


@pytest.mark.parametrize("press", ["say:4", "halt:4", "say:x"])
async def test_what_was_sent_or_dropped_is_neither_again(press: str) -> None:
    assert (await pressed(ListedDesk(people=0), press)).toast == "old_button"


def test_the_author_hears_how_many_got_it() -> None:
    phrases = {"announce_done": "{people} got it"}

    assert news.finished(7, phrases=phrases) == Reply("7 got it")
