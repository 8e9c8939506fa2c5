"""Journeys: one step after the other, whatever happens in between."""

from dataclasses import replace

import pytest

from bot.core.messages import Button, PersonSettings, Question, Turn
from bot.core.paths import Choice, Journey, Step
from bot.core.render import digest
from tests.fakes import sender
from tests.unit.test_calculating import FORMULAS, Talk, buttons, told

PRODUCT = Step("product", "What?", choices=(Choice("food", "Food"), Choice("craft", "Craft")))
PERMIT = Step(
    "permit", "Get it.", "Permit", card="stalls#papers", when={"product": frozenset({"food"})}
)
TIN = Step("tin", "Get a tin.", "Tin", card="gone#1")
HINT = Step("hint", "A hint.")
STALL = Journey("stall", "A stall", "Open one.", "Well done.", (PRODUCT, PERMIT, TIN, HINT))
SHED = Journey("shed", "A shed", "Build one.", "Built.", (TIN,))


def talking(*journeys: Journey) -> Talk:
    talk = Talk(FORMULAS)
    talk.knowledge.paths = journeys or (STALL,)
    return talk


def data(step: Step | str, action: str = "", *, journey: str = "stall") -> str:
    name = step.name if isinstance(step, Step) else step
    chosen = {choice.name for choice in PRODUCT.choices}
    answer = digest(action) if action in chosen else action
    return f"j:{digest(journey)}:{digest(name) if name else ''}:{answer}"


START, LIST, AGAIN = f"j:{digest('stall')}", data("", "list"), data("", "again")


def text(turn: Turn) -> str:
    (reply,) = turn.replies
    return reply.text


def labels(turn: Turn) -> list[str]:
    return [button.label for button in buttons(turn)]


async def test_offers_every_journey() -> None:
    turn = await talking(STALL, SHED).command("journey")

    assert text(turn) == "choose: **A stall**\nOpen one.\n\n**A shed**\nBuild one."
    assert buttons(turn) == [Button("A stall", START), Button("A shed", f"j:{digest('shed')}")]


async def test_offers_nothing_where_there_is_no_journey() -> None:
    assert told(await Talk().command("journey")) == "(en) journey_none"


async def test_leads_from_the_first_step_to_the_end() -> None:
    talk = talking()

    first = await talk.press(START)
    second = await talk.press(data(PRODUCT, "food"))
    third = await talk.press(data(PERMIT, "done"))
    fourth = await talk.press(data(TIN, "done"))
    last = await talk.press(data(HINT, "done"))

    turns = (first, second, third, fourth, last)
    assert [text(turn) for turn in turns] == [
        "A stall: 0 of 1\n\nWhat?",
        "A stall: 0 of 2\n\nGet it.",
        "A stall: 1 of 2\n\nGet a tin.",
        "A stall: 2 of 2\n\nA hint.",
        "A stall: 2 of 2\n\nWell done.",
    ]
    assert labels(first) == ["Food", "Craft"]
    assert second.keyboard == ()


async def test_a_step_offers_its_card_and_the_list() -> None:
    talk = talking()
    await talk.press(START)

    turn = await talk.press(data(PRODUCT, "food"))

    assert buttons(turn)[0] == Button("(en) journey_explain", f"c:{digest('stalls#papers')}:en")
    assert labels(turn)[1:] == [
        "(en) journey_done",
        "(en) journey_later",
        "(en) journey_remind",
        "(en) journey_list",
    ]


async def test_a_step_without_a_card_that_is_there_offers_none() -> None:
    talk = talking(SHED)

    turn = await talk.press(f"j:{digest('shed')}")

    assert labels(turn) == [
        "(en) journey_done",
        "(en) journey_later",
        "(en) journey_remind",
        "(en) journey_list",
    ]


async def test_a_step_to_read_has_nothing_to_put_off() -> None:
    talk = talking(replace(STALL, steps=(HINT,)))

    turn = await talk.press(START)

    assert text(turn) == "A stall: 0 of 0\n\nA hint."
    assert labels(turn) == ["(en) journey_read", "(en) journey_list"]


async def test_a_choice_leads_another_way() -> None:
    talk = talking()
    await talk.press(START)

    assert text(await talk.press(data(PRODUCT, "craft"))) == "A stall: 0 of 1\n\nGet a tin."


async def test_what_is_put_off_comes_again_at_the_end() -> None:
    talk = talking()
    await talk.press(START)
    await talk.press(data(PRODUCT, "food"))

    assert text(await talk.press(data(PERMIT, "later"))).endswith("Get a tin.")
    assert text(await talk.press(data(TIN, "done"))).endswith("A hint.")
    assert text(await talk.press(data(HINT, "done"))).endswith("Get it.")
    assert text(await talk.press(data(PERMIT, "done"))).endswith("Well done.")


async def test_shows_the_list() -> None:
    talk = talking()
    await talk.press(START)
    await talk.press(data(PRODUCT, "food"))
    await talk.press(data(PERMIT, "done"))

    turn = await talk.press(LIST)

    assert text(turn) == "A stall: 1 of 2\n\n+ Permit\n- Tin"
    assert text(await talk.press(START)).endswith("Get a tin.")


async def test_says_what_is_next() -> None:
    talk = talking()
    offered = await talk.command("next")
    await talk.press(START)

    assert text(offered).startswith("choose:")
    assert text(await talk.command("next")).endswith("What?")


async def test_a_question_in_the_middle_is_answered_and_the_journey_goes_on() -> None:
    talk = talking()
    await talk.press(START)

    answered = await talk.say("which papers do I need?")

    assert answered.outcome is not None
    assert labels(answered)[-1] == "(en) go_on"
    assert text(await talk.press("g:on")).endswith("What?")


async def test_nobody_looks_for_the_place_of_who_came_with_none() -> None:
    talk = talking()
    await talk.press(START)
    nowhere = sender(settings=PersonSettings(has_places=False))

    answered = await talk.conversation.turn(Question(9, nowhere, "which papers?", chosen="en"))

    assert answered.outcome is not None
    assert "(en) go_on" not in labels(answered)


async def test_a_sum_in_the_middle_of_a_journey_leads_back_to_it() -> None:
    talk = talking()
    await talk.press(START)
    await talk.press("n:unit_cost")
    await talk.say("50k")
    await talk.say("10")

    assert text(await talk.command("next")).endswith("What?")


async def test_stops_and_goes_on_later_where_it_was() -> None:
    talk = talking()
    await talk.press(START)
    await talk.press(data(PRODUCT, "food"))

    assert told(await talk.command("stop")) == "(en) stopped"
    assert buttons(await talk.say("which papers do I need?"))[-1].data != "g:on"
    assert text(await talk.press(START)).endswith("Get it.")


@pytest.mark.parametrize("old", [data(PRODUCT, "food"), data(PRODUCT, "craft"), data(HINT, "done")])
async def test_a_button_of_another_step_changes_nothing(old: str) -> None:
    talk = talking()
    await talk.press(START)
    await talk.press(data(PRODUCT, "food"))

    turn = await talk.press(old)

    assert (turn.toast, turn.replies, turn.keyboard) == ("(en) journey_passed", (), ())
    assert text(await talk.command("next")).endswith("Get it.")


async def test_a_journey_begins_anew_at_its_end_only() -> None:
    talk = talking(SHED)
    again = data("", "again", journey="shed")
    await talk.press(f"j:{digest('shed')}")
    early = await talk.press(again)
    ended = await talk.press(data(TIN, "done", journey="shed"))

    assert (early.toast, early.replies) == ("(en) journey_passed", ())
    assert labels(ended) == ["(en) journey_list", "(en) journey_again"]
    assert text(await talk.press(again)) == "A shed: 0 of 1\n\nGet a tin."


async def test_an_update_taken_in_once_more_leads_no_further() -> None:
    talk = talking()
    await talk.press(START)
    await talk.press(data(PRODUCT, "food"))
    talk.updates -= 1

    assert text(await talk.press(data(PRODUCT, "food"))).endswith("Get it.")


@pytest.mark.parametrize(
    "old",
    ["j:", "j:nothing", LIST, data(PRODUCT, "food"), data("", "list", journey="gone")],
)
async def test_a_button_of_what_was_not_begun_is_old(old: str) -> None:
    assert (await talking().press(old)).toast == "(en) old_button"


@pytest.mark.parametrize("action", ["", "done", "other"])
async def test_an_answer_that_is_no_choice_is_old(action: str) -> None:
    talk = talking()
    await talk.press(START)

    assert (await talk.press(data(PRODUCT, action))).toast == "(en) old_button"


async def test_two_people_do_not_meet() -> None:
    ibu, bapak = talking(), talking()
    bapak.store, bapak.conversation, bapak.person = ibu.store, ibu.conversation, 2
    bapak.updates = 100
    await ibu.press(START)
    await bapak.press(START)
    await ibu.press(data(PRODUCT, "food"))
    await bapak.press(data(PRODUCT, "craft"))

    assert text(await ibu.command("next")).endswith("Get it.")
    assert text(await bapak.command("next")).endswith("Get a tin.")


# The knowledge changes under somebody.


async def test_a_step_that_is_gone_is_skipped() -> None:
    talk = talking()
    await talk.press(START)
    await talk.press(data(PRODUCT, "food"))
    talk.knowledge.paths = (replace(STALL, steps=(PRODUCT, TIN)),)

    assert (await talk.press(data(PERMIT, "done"))).toast == "(en) journey_passed"
    assert text(await talk.command("next")).endswith("Get a tin.")


async def test_a_step_that_is_new_is_told() -> None:
    talk = talking(SHED)
    await talk.press(f"j:{digest('shed')}")
    await talk.press(data(TIN, "done", journey="shed"))
    talk.knowledge.paths = (replace(SHED, steps=(TIN, HINT)),)

    assert text(await talk.press(f"j:{digest('shed')}")) == "A shed: 1 of 1\n\nA hint."


async def test_a_choice_that_is_gone_is_asked_for_again() -> None:
    talk = talking()
    await talk.press(START)
    await talk.press(data(PRODUCT, "food"))
    other = replace(PRODUCT, choices=PRODUCT.choices[1:])
    talk.knowledge.paths = (replace(STALL, steps=(other, TIN)),)

    assert text(await talk.command("next")).endswith("What?")


async def test_a_journey_that_is_gone_leads_to_the_others() -> None:
    talk = talking(STALL, SHED)
    await talk.press(START)
    talk.knowledge.paths = (SHED,)

    assert text(await talk.command("next")) == "choose: **A shed**\nBuild one."
    assert (await talk.press(data(PRODUCT, "food"))).toast == "(en) old_button"
