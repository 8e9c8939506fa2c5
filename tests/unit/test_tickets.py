"""Somebody talks with program staff, through the bot."""

from dataclasses import replace

import pytest

from bot.core.conversation import Conversation
from bot.core.messages import (
    Asked,
    Button,
    Command,
    Elsewhere,
    Press,
    Question,
    Reply,
    Thread,
    Turn,
    Unreadable,
)
from bot.core.office import Office
from bot.core.signs import Sign, Signs
from tests.fakes import PHRASES, PROGRAM, TODAY, ListedKnowledge, MemoryStore, passage, sender
from tests.unit.test_calculating import NOON

STAFF_CHAT, SARI, IBU, BUDI = -7, 50, 1, 2
TICKET = "🎫 #1 · en"
WARNING = passage("fraud#1")
OFFICE = Office(frozenset(range(1, 8)), "09.00", "17.00", 7, "daily", "a day")


class Counter:
    """The bot with people on one side and staff on the other."""

    def __init__(self, *, chat: int | None = STAFF_CHAT, office: Office | None = None) -> None:
        self.store = MemoryStore(clock=lambda: NOON)
        signs = Signs({"codes": "otp"}, fraud=(Sign("fraud#1", (("codes",),)),))
        self.knowledge = ListedKnowledge(
            others=(WARNING,), program=replace(PROGRAM, office=office), signs=signs
        )
        self.conversation = Conversation(
            self.knowledge,
            self.store,
            guess=lambda text: None,
            phrases=PHRASES,
            min_confidence=0.5,
            today=lambda: TODAY,
            clock=lambda: NOON,
            staff_chat=chat,
        )
        self.updates = 0

    async def say(self, text: str, *, person: int = IBU, chat: int | None = None) -> Turn:
        who = sender(person, chat=chat)
        turn = await self.conversation.turn(Question(self.next(), who, text, chosen="en"))
        self.store.asked += [(NOON, asked) for asked in turn.asked]
        return turn

    async def press(self, data: str, *, person: int = IBU, chat: int | None = None) -> Turn:
        who = sender(person, chat=chat)
        return await self.conversation.turn(Press(self.next(), who, data, "q", 9))

    async def command(self, name: str, *, person: int = IBU) -> Turn:
        return await self.conversation.turn(Command(self.next(), sender(person), name))

    async def staff(
        self, text: str, replied: str = "🎫 #1 · en", *, chat: int = STAFF_CHAT
    ) -> Turn:
        who = sender(SARI, chat=chat)
        if text.startswith("/"):
            said: Command | Question = Command(self.next(), who, text[1:], replied)
        else:
            said = Question(self.next(), who, text, replied=replied)
        return await self.conversation.turn(said)

    async def staff_press(self, data: str) -> Turn:
        return await self.press(data, person=SARI, chat=STAFF_CHAT)

    async def again(self, turn: Press | Question | Command) -> Turn:
        return await self.conversation.turn(turn)

    async def opened(self) -> Turn:
        """A ticket about a question without an answer."""
        await self.say("where do cars park?")
        return await self.press("k:talk")

    def next(self) -> int:
        self.updates += 1
        return self.updates


def labels(reply: Reply) -> list[str]:
    return [button.label for row in reply.keyboard for button in row]


def told(turn: Turn) -> str:
    (reply,) = turn.replies
    return reply.text


def other(turn: Turn) -> Elsewhere:
    (elsewhere,) = turn.elsewhere
    return elsewhere


async def test_offers_staff_where_there_is_no_answer() -> None:
    turn = await Counter().say("where do cars park?")

    assert turn.replies[-1].keyboard[-1] == (Button("(en) ticket_talk", "k:talk"),)


async def test_offers_staff_under_a_warning_of_fraud() -> None:
    turn = await Counter().say("they want my otp")

    assert labels(turn.replies[-1])[-1] == "(en) ticket_talk"


async def test_offers_nobody_under_an_answer() -> None:
    counter = Counter()
    counter.knowledge.found = (passage(),)

    assert "(en) ticket_talk" not in labels((await counter.say("papers?")).replies[-1])


@pytest.mark.parametrize(("chat", "where"), [(None, IBU), (STAFF_CHAT, -5)])
async def test_offers_nobody_where_staff_cannot_be_reached(chat: int | None, where: int) -> None:
    turn = await Counter(chat=chat).say("where do cars park?", chat=where)

    assert "(en) ticket_talk" not in labels(turn.replies[-1])


async def test_a_ticket_tells_staff_what_was_asked_and_tried() -> None:
    counter = Counter()
    counter.store.asked.append((NOON - 60, Asked(IBU, "papers?", "en", "answer", "a#1", chat=IBU)))

    turn = await counter.opened()

    assert told(turn) == "ticket 1 is open\n\n(en) ticket_hours_unknown"
    assert other(turn) == Elsewhere(
        STAFF_CHAT,
        Reply(
            "🎫 \\#1 · en\n\npapers? > (id) tried_answer a\\#1\n\n"
            "where do cars park? > (id) tried_abstain ",
            ((Button("(id) ticket_close", "k:close:1"),),),
        ),
        IBU,
        Reply("(en) ticket_unreachable", body="(en) ticket_unreachable"),
        Thread(STAFF_CHAT, 1, "🎫 #1 · where do cars park?"),
    )


@pytest.mark.parametrize(
    ("opens", "said"), [("09.00", "staff are there: daily"), ("13.00", "staff are away: daily")]
)
async def test_a_ticket_tells_when_staff_are_there(opens: str, said: str) -> None:
    turn = await Counter(office=replace(OFFICE, opens=opens)).opened()

    assert told(turn) == f"ticket 1 is open\n\n{said}\n\nit takes a day"


async def test_a_ticket_promises_no_time_that_nobody_has_told() -> None:
    turn = await Counter(office=replace(OFFICE, wait="")).opened()

    assert told(turn) == "ticket 1 is open\n\nstaff are there: daily"


async def test_the_same_press_once_more_opens_the_same_ticket() -> None:
    counter = Counter()
    first = await counter.opened()

    again = await counter.again(Press(counter.updates, sender(IBU), "k:talk", "q", 9))

    assert (again.elsewhere, list(counter.store.tickets)) == (first.elsewhere, [1])


async def test_whoever_asked_nothing_is_asked_what_it_is_about() -> None:
    counter = Counter()

    asked = await counter.press("k:talk")
    turn = await counter.say("My NIK is 3171234567890123, what now?")

    assert told(asked) == "(en) ticket_write"
    assert list(counter.store.tickets) == [1]
    assert "3171234567890123" not in other(turn).reply.text
    assert other(turn).reply.text.startswith("🎫 \\#1 · en\n\n✍️ My NIK is")


async def test_a_text_that_comes_twice_opens_one_ticket() -> None:
    counter = Counter()
    await counter.command("talk")
    first = await counter.say("please help")

    again = await counter.again(Question(counter.updates, sender(IBU), "please help", chosen="en"))

    assert again.elsewhere == first.elsewhere


@pytest.mark.parametrize("name", ["talk", "bicara"])
async def test_a_command_asks_what_it_is_about(name: str) -> None:
    counter = Counter()

    asked = await counter.command(name)
    by_next = await counter.command("next")
    stopped = await counter.command("stop")

    assert (told(asked), told(by_next)) == ("(en) ticket_write", "(en) ticket_write")
    assert told(stopped) == "(en) stopped"
    assert counter.store.tickets == {}


async def test_who_writes_nothing_for_staff_is_asked_again() -> None:
    counter = Counter()
    await counter.press("k:talk")

    empty, words = await counter.say(""), await counter.say("where do cars park?")

    assert told(empty) == "(en) ticket_write"
    assert "where do cars park?" in other(words).reply.text


async def test_without_staff_a_command_says_where_to_ask() -> None:
    assert told(await Counter(chat=None).command("talk")) == "ask people: the help desk"


async def test_whoever_asks_for_a_person_is_offered_one() -> None:
    turn = await Counter().say("a person please")

    assert told(turn) == "(en) person_here"
    assert labels(turn.replies[0]) == ["(en) ticket_talk"]
    assert turn.outcome is not None


async def test_nobody_is_promised_where_staff_have_no_chat() -> None:
    turn = await Counter(chat=None).say("a person please")

    assert (told(turn), labels(turn.replies[0])) == ("ask people: the help desk", [])


async def test_there_is_one_ticket_a_person() -> None:
    counter = Counter()
    await counter.opened()

    offered = await counter.say("and bicycles?")
    asked = await counter.press("k:talk")
    turn = await counter.say("bicycles too")

    assert labels(offered.replies[-1])[-1] == "write to staff, 1"
    assert told(asked) == "(en) ticket_write"
    assert told(turn) == "(en) ticket_passed"
    assert other(turn).reply.text == "🎫 \\#1\n\n✍️ bicycles too"
    assert list(counter.store.tickets) == [1]


async def test_two_people_have_a_ticket_each() -> None:
    counter = Counter()
    await counter.opened()
    await counter.say("where do vans park?", person=BUDI)

    turn = await counter.press("k:talk", person=BUDI)

    assert told(turn).startswith("ticket 2 is open")


async def test_what_staff_write_is_passed_on() -> None:
    counter = Counter()
    await counter.opened()

    turn = await counter.staff("Behind the *stall*.")

    assert other(turn) == Elsewhere(
        IBU,
        Reply("staff on 1: Behind the \\*stall\\*\\.", ((Button("(en) ticket_reply", "k:more"),),)),
        STAFF_CHAT,
        Reply("1 did not arrive"),
    )
    assert turn.replies == (Reply("1 delivered"),)


@pytest.mark.parametrize(
    ("replied", "chat"), [("", STAFF_CHAT), ("Hello #1", STAFF_CHAT), ("🎫 #1", -9)]
)
async def test_what_is_about_no_ticket_is_a_question_as_any(replied: str, chat: int) -> None:
    counter = Counter()
    await counter.opened()

    turn = await counter.staff("what papers?", replied, chat=chat)

    assert turn.elsewhere == ()
    assert turn.outcome is not None


async def test_other_things_in_the_staff_chat_are_as_anywhere() -> None:
    who = sender(SARI, chat=STAFF_CHAT)

    turn = await Counter().conversation.turn(Unreadable(1, who))

    assert told(turn) == "(en) unreadable"


@pytest.mark.parametrize("way", ["/close", "k:close:1"])
async def test_staff_close_and_the_person_hears_of_it(way: str) -> None:
    counter = Counter()
    await counter.opened()

    turn = await (counter.staff(way) if way.startswith("/") else counter.staff_press(way))

    (reply,) = turn.replies
    assert (reply.text, labels(reply)) == (
        "1 was closed",
        ["(id) ticket_reopen", "(id) ticket_draft"],
    )
    assert other(turn).reply == Reply(
        "1 is over", ((Button("(en) ticket_open_again", "k:again:1"),),)
    )
    assert counter.store.tickets[1].state == "closed"


async def test_a_ticket_is_closed_once() -> None:
    counter = Counter()
    await counter.opened()
    await counter.staff("/close")

    turn = await counter.staff("/close")

    assert (told(turn), turn.elsewhere) == ("1 was closed", ())


async def test_nothing_is_passed_on_about_a_closed_ticket() -> None:
    counter = Counter()
    await counter.opened()
    await counter.staff("/close")

    turn = await counter.staff("One more thing.")

    assert (told(turn), turn.elsewhere) == ("1 is closed", ())
    assert labels(turn.replies[0])[0] == "(id) ticket_reopen"


async def test_staff_open_a_ticket_again() -> None:
    counter = Counter()
    await counter.opened()
    await counter.staff("/close")

    turn = await counter.staff_press("k:reopen:1")
    again = await counter.staff_press("k:reopen:1")

    assert (told(turn), other(turn).reply.text) == ("1 was reopened", "1 goes on")
    assert again.elsewhere == ()
    assert counter.store.tickets[1].state == "open"


async def test_its_thread_is_closed_and_opened_with_a_ticket() -> None:
    counter = Counter()
    opened = await counter.opened()
    closed = await counter.staff("/close")
    late = await counter.staff("/close")
    reopened = await counter.staff("/reopen")
    await counter.staff("/close")
    again = await counter.press("k:again:1")

    thread = Thread(STAFF_CHAT, 1, "🎫 #1")
    assert (opened.opens, opened.closes) == (None, None)
    assert (closed.closes, late.closes) == (thread, None)
    assert (reopened.opens, again.opens, other(again).thread) == (thread, thread, thread)


async def test_what_is_written_under_its_title_is_about_a_ticket() -> None:
    counter = Counter()
    title = other(await counter.opened()).thread
    assert title is not None

    turn = await counter.staff("Behind the stall.", title.title)

    assert told(turn) == "1 delivered"


async def test_staff_cannot_give_a_person_two_tickets() -> None:
    counter = Counter()
    await counter.opened()
    await counter.staff("/close")
    await counter.opened()

    turn = await counter.staff_press("k:reopen:1")

    assert told(turn) == "2 is open instead"


async def test_the_person_opens_their_ticket_again() -> None:
    counter = Counter()
    await counter.opened()
    await counter.staff("/close")

    turn = await counter.press("k:again:1")
    passed = await counter.say("it is still dark there")

    assert told(turn) == "(en) ticket_write"
    assert other(turn).reply.text == "🎫 \\#1\n\n(id) ticket_again"
    assert told(passed) == "(en) ticket_passed"


async def test_with_another_ticket_open_the_person_writes_to_that() -> None:
    counter = Counter()
    await counter.opened()
    await counter.staff("/close")
    await counter.opened()

    turn = await counter.press("k:again:1")

    assert (told(turn), turn.elsewhere) == ("(en) ticket_write", ())


@pytest.mark.parametrize("data", ["k:again:1", "k:again:9", "k:again:x", "k:close:1", "k:"])
async def test_nobody_moves_the_ticket_of_another(data: str) -> None:
    counter = Counter()
    await counter.opened()

    turn = await counter.press(data, person=BUDI)

    assert turn.toast == "(en) old_button"
    assert counter.store.tickets[1].state == "open"


async def test_no_ticket_is_opened_where_staff_have_no_chat_any_more() -> None:
    assert (await Counter(chat=None).press("k:talk")).toast == "(en) old_button"


async def test_no_ticket_is_opened_from_a_group() -> None:
    turn = await Counter().press("k:talk", chat=-5)

    assert (turn.toast, turn.replies) == ("(en) private_only", ())


async def test_a_closed_ticket_offers_its_talk_as_a_card() -> None:
    counter = Counter()
    await counter.opened()
    await counter.staff("Behind the stall.")
    await counter.staff("/close")

    turn = await counter.staff_press("k:draft:1")

    (reply,) = turn.replies
    assert reply.text == "draft of 1"
    assert reply.document is not None
    assert reply.document.name == "ticket-1.en.md"
    assert reply.document.content == (
        "# where do cars park? 1 en\nwhere do cars park?\n\nBehind the stall."
    )


async def test_a_draft_of_the_default_language_names_none() -> None:
    counter = Counter()
    await counter.store.open_ticket(IBU, "id", 1)

    turn = await counter.staff("/draft")

    assert turn.replies[0].document is not None
    assert turn.replies[0].document.name == "ticket-1.md"


@pytest.mark.parametrize("said", ["hello", "/close"])
async def test_a_ticket_that_was_forgotten_is_gone(said: str) -> None:
    assert told(await Counter().staff(said, "🎫 #7")) == "(en) ticket_gone"


async def test_a_button_without_a_number_is_about_no_ticket() -> None:
    assert told(await Counter().staff_press("k:close")) == "(en) ticket_gone"


async def test_an_unknown_order_is_explained() -> None:
    counter = Counter()
    await counter.opened()

    assert told(await counter.staff("/burn")) == "(en) ticket_orders"


async def test_nothing_of_an_answer_is_cut_and_its_lines_stay() -> None:
    counter = Counter()
    await counter.opened()
    steps = [f"{number}) {'word ' * 100}end" for number in range(7)]

    turn = await counter.staff("\n".join(steps))

    passed = other(turn).reply.text.removeprefix("staff on 1: ").replace("\\", "")
    assert passed.splitlines() == steps


async def test_a_long_text_reaches_staff_in_parts_that_each_name_the_ticket() -> None:
    """Staff answer any of them, and are heard."""
    counter = Counter()
    await counter.command("talk")
    steps = [f"{number}) {'word ' * 100}end" for number in range(7)]

    opened = await counter.say("\n".join(steps))
    await counter.press("k:more")
    passed = await counter.say("\n".join(steps))

    for turn, head in ((opened, "🎫 \\#1 · en"), (passed, "🎫 \\#1")):
        parts = [part.reply.text.split("\n\n✍️ ") for part in turn.elsewhere]
        words = " ".join(text for _, text in parts).replace("\\", "")
        assert [begun for begun, _ in parts] == [head, "🎫 \\#1"]
        assert words.split() == " ".join(steps).split()
        assert [len(labels(part.reply)) for part in turn.elsewhere] == [0, 1]
        assert len({part.thread for part in turn.elsewhere}) == 1


async def test_the_person_writes_back() -> None:
    counter = Counter()
    await counter.opened()
    await counter.staff("Behind the stall.")

    asked = await counter.press("k:more")
    turn = await counter.say("thank you")

    assert told(asked) == "(en) ticket_write"
    assert other(turn).reply.text.endswith("✍️ thank you")
