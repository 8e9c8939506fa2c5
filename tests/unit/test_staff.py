"""What program staff do in their private chats, and nobody else, whichever way they try."""

import pytest

from bot.core.conversation import Conversation
from bot.core.desk import (
    Declined,
    Done,
    Edition,
    Faulty,
    Gone,
    Pressed,
    Preview,
    Ready,
    Remark,
    Stale,
)
from bot.core.messages import (
    Button,
    Command,
    Incoming,
    Press,
    Question,
    Turn,
    Unreadable,
    Upload,
)
from bot.core.ports import BotError, KnowledgeError
from bot.core.staff import STAFF_COMMANDS, Staff
from tests.desks import EARLIER, LIVE, SHOWN, ListedDesk
from tests.fakes import PHRASES, TODAY, ListedKnowledge, MemoryStore, sender

MEMBER, OTHER, GROUP = 7, 8, -5
UPLOAD = Upload(1, sender(MEMBER), "file-1", "stalls.md", 10)
READY = Ready("stalls.md", "key", Preview(3))
BUTTONS = ("see", "go:key", "put:key", "drop:key", "ask", f"back:3:2:{MEMBER}", f"stay:{MEMBER}")


def staff(desk: ListedDesk) -> Staff:
    return Staff(desk, members=[MEMBER], phrases={"en": SHOWN})


def talking(desk: ListedDesk) -> Conversation:
    """A conversation with the words that everybody else reads."""
    return Conversation(
        ListedKnowledge(),
        MemoryStore(),
        guess=lambda text: "en",
        phrases=PHRASES,
        min_confidence=0.5,
        today=lambda: TODAY,
        staff=staff(desk),
    )


def press(data: str, *, person: int = MEMBER, chat: int | None = None) -> Press:
    keyboard = ((Button("any", f"desk:{data}"),),)
    return Press(1, sender(person, chat=chat), f"desk:{data}", "query", 9, keyboard)


def command(name: str, *, person: int = MEMBER, chat: int | None = None) -> Command:
    return Command(1, sender(person, chat=chat), name)


async def told(desk: ListedDesk, incoming: Incoming) -> Turn:
    found = staff(desk)
    assert found.concerns(incoming)
    return await found.turn(incoming, "en")


def text(turn: Turn) -> str:
    return "\n".join(reply.text for reply in turn.replies)


def data(turn: Turn) -> list[str]:
    return [button.data for reply in turn.replies for row in reply.keyboard for button in row]


# Nobody else.


@pytest.mark.parametrize("name", STAFF_COMMANDS)
async def test_a_command_of_staff_is_unknown_to_anybody_else(name: str) -> None:
    desk = ListedDesk()

    turn = await talking(desk).turn(command(name, person=OTHER))

    assert turn == await talking(desk).turn(command("nonsense", person=OTHER))
    assert desk.asked == []


@pytest.mark.parametrize("button", BUTTONS)
async def test_a_button_of_staff_is_an_old_one_to_anybody_else(button: str) -> None:
    desk = ListedDesk(pressed=Done(LIVE))

    turn = await talking(desk).turn(press(button, person=OTHER))

    assert turn == Turn("en", toast="(en) old_button")
    assert desk.asked == []


async def test_a_file_of_anybody_else_is_unreadable_and_never_fetched() -> None:
    desk = ListedDesk(found=READY)
    upload = Upload(1, sender(OTHER), "file-1", "stalls.md", 10)

    turn = await talking(desk).turn(upload)

    assert turn == await talking(desk).turn(Unreadable(1, sender(OTHER)))
    assert desk.asked == []


@pytest.mark.parametrize("name", STAFF_COMMANDS)
async def test_a_member_is_nobody_special_in_a_group(name: str) -> None:
    desk = ListedDesk()
    conversation = talking(desk)

    turns = [
        await conversation.turn(command(name, chat=GROUP)),
        await conversation.turn(press("go:key", chat=GROUP)),
    ]

    assert text(turns[0]) == "(en) unknown_command"
    assert turns[1].toast == "(en) old_button"
    assert desk.asked == []


async def test_a_deep_link_does_nothing_for_anybody() -> None:
    desk = ListedDesk()  # `/start staff` comes in as the command `start`.

    turns = [
        await talking(desk).turn(command("start", person=person)) for person in (MEMBER, OTHER)
    ]

    assert text(turns[0]) == text(turns[1])
    assert desk.asked == []


async def test_without_members_the_commands_are_nobodys() -> None:
    desk = ListedDesk()
    nobody = Staff(desk, members=[], phrases={"en": SHOWN})

    assert not nobody.concerns(command("staff"))
    assert not nobody.concerns(press("see"))
    assert not nobody.concerns(UPLOAD)


@pytest.mark.parametrize(
    "incoming",
    [
        command("help"),
        Question(1, sender(MEMBER), "What does a stall cost?"),
        Unreadable(1, sender(MEMBER)),
        Press(1, sender(MEMBER), "up:1:en"),
    ],
)
def test_a_member_asks_and_votes_as_anybody_does(incoming: Incoming) -> None:
    assert not staff(ListedDesk()).concerns(incoming)


# Members.


async def test_a_member_is_told_how_things_stand() -> None:
    turn = await told(ListedDesk(), command("staff"))

    assert "<desk_live " in text(turn)


async def test_the_conversation_leaves_members_to_the_desk() -> None:
    desk = ListedDesk(found=Declined("live"))
    conversation = talking(desk)
    assert conversation.staff is not None
    conversation.staff.phrases = {"en": SHOWN}

    turn = await conversation.turn(UPLOAD)

    assert text(turn) == "<desk_declined_live>"
    assert desk.asked == [("inspect", "file-1")]


async def test_a_file_with_mistakes_gets_them_and_no_button() -> None:
    desk = ListedDesk(found=Faulty("stalls.md", (Remark("stalls.md:3", "no date"),)))

    turn = await told(desk, UPLOAD)

    assert "place=`stalls.md:3` text=no date" in text(turn)
    assert data(turn) == []


async def test_a_sound_file_gets_its_own_button() -> None:
    turn = await told(ListedDesk(found=READY), UPLOAD)

    assert data(turn) == ["desk:put:key", "desk:drop:key"]


async def test_the_folder_is_previewed_on_a_press() -> None:
    turn = await told(ListedDesk(found=Ready("", "hash", Preview(3))), press("see"))

    assert data(turn) == ["desk:go:hash"]


@pytest.mark.parametrize(
    ("button", "asked"),
    [
        ("put:key", ("put", "key", MEMBER)),
        ("go:hash", ("publish", "hash", MEMBER)),
        (f"back:3:2:{MEMBER}", ("roll_back", 3, 2, MEMBER)),
    ],
)
async def test_a_press_does_it_once_and_takes_the_buttons_away(
    button: str, asked: tuple[object, ...]
) -> None:
    desk = ListedDesk(pressed=Done(Edition(4, "now")))

    turn = await told(desk, press(button))

    assert desk.asked == [asked]
    assert text(turn) == "<desk_done number=4>"
    assert turn.keyboard == ()


@pytest.mark.parametrize(
    ("pressed", "said"),
    [
        (Done(LIVE, is_new=False), "<desk_done_same number=3>"),
        (Faulty("a.md", ()), "<desk_faulty path=`a.md`>"),
        (Faulty("", ()), "desk_not_live"),
        (Stale(Declined("live")), "desk_stale\n<desk_declined_live>"),
    ],
)
async def test_a_press_that_publishes_nothing_says_why(pressed: Pressed, said: str) -> None:
    turn = await told(ListedDesk(pressed=pressed), press("put:key"))

    assert text(turn) == said


async def test_a_press_for_what_is_not_there_is_an_old_button() -> None:
    turn = await told(ListedDesk(pressed=Gone()), press("put:key"))

    assert turn == Turn("en", toast="old_button", keyboard=())


async def test_a_file_is_dropped_on_a_press() -> None:
    desk = ListedDesk()

    turn = await told(desk, press("drop:key"))

    assert desk.asked == [("drop", "key", MEMBER)]
    assert (turn.toast, turn.keyboard) == ("desk_dropped", ())


@pytest.mark.parametrize("incoming", [command("rollback"), press("ask")])
async def test_a_rollback_asks_first_and_names_what_would_be_live(incoming: Incoming) -> None:
    desk = ListedDesk()

    turn = await told(desk, incoming)

    assert desk.asked == [("editions",)]
    assert f"live={LIVE.number}" in text(turn)
    assert f"number={EARLIER.number}" in text(turn)
    assert data(turn) == [f"desk:back:3:2:{MEMBER}", f"desk:stay:{MEMBER}"]


async def test_a_rollback_needs_an_earlier_version() -> None:
    turn = await told(ListedDesk(kept=[LIVE]), command("rollback"))

    assert text(turn) == "desk_back_none"


async def test_a_rollback_can_be_left() -> None:
    desk = ListedDesk()

    turn = await told(desk, press(f"stay:{MEMBER}"))

    assert (turn.toast, turn.keyboard, desk.asked) == ("desk_stayed", (), [])


@pytest.mark.parametrize(
    "button",
    [
        f"back:3:2:{OTHER}",
        f"stay:{OTHER}",
        f"back:x:2:{MEMBER}",
        f"back:3::{MEMBER}",
        "nonsense",
        "",
        "put",
    ],
)
async def test_a_button_of_another_member_or_of_nobody_is_an_old_one(button: str) -> None:
    desk = ListedDesk()

    turn = await told(desk, press(button))

    assert (turn.toast, desk.asked) == ("old_button", [])


async def test_what_fails_is_said_and_noted_without_its_values() -> None:
    error = KnowledgeError("index_failed", name="x", reason="y")

    turn = await told(ListedDesk(error=error), command("staff"))

    assert text(turn) == "<desk_failed reason=en index\\_failed>"
    assert isinstance(turn.error, BotError)
    assert (turn.error.code, turn.error.values) == ("index_failed", {})
