"""Questions without an answer whose askers want to hear once there is one."""

from dataclasses import replace
from typing import Any

import pytest

from bot.core.conversation import Conversation
from bot.core.messages import (
    Abstention,
    Answer,
    Button,
    Press,
    Question,
    Reply,
    Turn,
    Wish,
)
from bot.core.render import digest
from bot.core.wishes import news
from tests.fakes import PHRASES, TODAY, ListedKnowledge, MemoryStore, passage, sender

GROUP = -5
TEXT = "Where do I park?"
KEY = digest(TEXT)
UNSURE = passage(confidence=0.3)
UNKNOWN = passage("stalls/parking#unknown", unknown=True, sources=(), as_of="")
OFFER = Button("(en) wish", f"w:{KEY}:en")
WISH = Wish(5, 1, 1, 9, TEXT, "en")


def talking(*found: Any, store: MemoryStore | None = None) -> Conversation:
    return Conversation(
        ListedKnowledge(*found),
        store or MemoryStore(),
        guess=lambda text: "en",
        phrases=PHRASES,
        min_confidence=0.5,
        today=lambda: TODAY,
        keep_days=7,
    )


def offers(turn: Turn) -> list[Button]:
    buttons = (button for reply in turn.replies for row in reply.keyboard for button in row)
    return [button for button in buttons if button.data.startswith("w:")]


def pressed(data: str = OFFER.data, **values: Any) -> Press:
    usual: dict[str, Any] = {"message": 9, "keyboard": ((Button("👍", "up:x:en"),), (OFFER,))}
    who = values.pop("sender", sender())
    return Press(2, who, data, "query", **usual | values)


def store_of(person: int = 1, text: str = TEXT) -> MemoryStore:
    store = MemoryStore(clock=lambda: 0.0)
    store.ask(person, text, "en")
    return store


# The offer


async def test_whoever_gets_no_answer_may_wish_to_hear_of_one() -> None:
    turn = await talking(UNSURE).turn(Question(1, sender(), TEXT))

    assert offers(turn) == [OFFER]


async def test_the_offer_stands_below_the_buttons_of_a_card_that_does_not_know() -> None:
    turn = await talking(UNKNOWN).turn(Question(1, sender(), TEXT))

    assert [row[0].label for row in turn.replies[0].keyboard] == ["(en) vote_up", "(en) wish"]


async def test_an_answer_has_no_offer() -> None:
    turn = await talking(passage()).turn(Question(1, sender(), TEXT))

    assert OFFER.label not in [button.label for button in offers(turn)]


async def test_a_group_gets_no_offer() -> None:
    turn = await talking(UNSURE).turn(Question(1, sender(chat=GROUP), TEXT))

    assert offers(turn) == []


@pytest.mark.parametrize("text", ["???", "👍👍"])
async def test_what_holds_no_word_gets_no_offer(text: str) -> None:
    turn = await talking(UNSURE).turn(Question(1, sender(), text))

    assert offers(turn) == []


async def test_small_talk_gets_no_offer() -> None:
    turn = await talking(UNSURE).turn(Question(1, sender(), "thanks"))

    assert offers(turn) == []


async def test_an_example_that_gets_no_answer_has_no_offer() -> None:
    example = Press(2, sender(), f"q:{digest('What does a stall cost?')}", "query", 9)

    turn = await talking(UNSURE).turn(example)

    assert isinstance(turn.outcome, Abstention)
    assert offers(turn) == []


async def test_the_offer_names_the_question_as_it_is_kept() -> None:
    turn = await talking(UNSURE).turn(Question(1, sender(), "my phone is 081234567890"))

    assert [button.data for button in offers(turn)] == [f"w:{digest('my phone is ‹phone›')}:en"]


# The press


async def test_a_wish_is_noted_and_its_button_says_so() -> None:
    store = store_of()

    turn = await talking(store=store).turn(pressed())

    wishes = [{"at": "1970-01-01T00:00:00+00:00", "text": TEXT, "language": "en", "told": None}]
    assert (await store.export(1))["wishes"] == wishes
    assert turn.toast == "told within 7 days"
    assert turn.keyboard == ((Button("👍", "up:x:en"),), (Button("(en) wished", OFFER.data),))


async def test_pressing_again_does_nothing_more() -> None:
    store = store_of()
    first = await talking(store=store).turn(pressed())
    assert first.keyboard is not None

    second = await talking(store=store).turn(pressed(keyboard=first.keyboard))

    assert len((await store.export(1))["wishes"]) == 1
    assert second == first


@pytest.mark.parametrize(
    "press",
    [
        pressed(sender=sender(2)),
        pressed(sender=sender(chat=GROUP)),
        pressed(sender=sender(2, chat=1)),
        pressed(f"w:{digest('What else?')}:en"),
        pressed("w:"),
        pressed(message=None),
    ],
    ids=["another's", "in a group", "in another's chat", "another question", "none", "no message"],
)
async def test_a_button_does_nothing_but_for_the_asker_of_a_kept_question(press: Press) -> None:
    store = store_of()

    turn = await talking(store=store).turn(press)

    exported = [(await store.export(person))["wishes"] for person in (1, 2)]
    assert exported == [[], []]
    assert (turn.toast, turn.keyboard) == (PHRASES["en"]["old_button"], None)


# The news


def answered(**values: Any) -> Turn:
    return Turn("en", Answer(passage(**values)), (Reply("Bring a permit."),))


def told(turn: Turn, *, text: str = TEXT) -> tuple[Reply, ...]:
    return news(replace(WISH, text=text), turn, phrases=PHRASES["en"], min_confidence=0.9)


def test_an_answer_to_rely_on_is_told_with_its_question() -> None:
    (reply,) = told(answered(confidence=0.9))

    assert reply.text == "you asked Where do I park\\?\n\nBring a permit."


@pytest.mark.parametrize(
    "turn",
    [answered(confidence=0.89), Turn("en", Abstention(0.95, UNKNOWN), (Reply("Not known."),))],
    ids=["doubtful", "not known"],
)
def test_nothing_is_told_without_an_answer_to_rely_on(turn: Turn) -> None:
    assert told(turn) == ()


def test_what_was_typed_means_nothing_in_markdown_and_is_one_line() -> None:
    (reply,) = told(answered(), text="a *b*\n[c](http://d) \\")

    assert reply.text.startswith("you asked a \\*b\\* \\[c\\]\\(http\\:\\/\\/d\\) \\\\\n\n")


def test_a_long_question_is_cut() -> None:
    (reply,) = told(answered(), text="park " * 200)

    assert reply.text.startswith(f"you asked {('park ' * 60).rstrip()}…\n\n")
