"""Reminders of a journey: wished for once, given once."""

from dataclasses import replace

import pytest

from bot.core.messages import Reminder
from tests.unit.test_calculating import NOON, Talk, buttons, told
from tests.unit.test_journeys import PERMIT, PRODUCT, SHED, STALL, START, TIN, data, talking

DAY = 86_400.0
WISH = Reminder(1, 7, "stall", NOON + 3 * DAY)


async def begun() -> Talk:
    talk = talking()
    await talk.press(START)
    await talk.press(data(PRODUCT, "food"))
    return talk


async def test_asks_for_the_time_zone_once() -> None:
    talk = await begun()

    asked = await talk.press(data(PERMIT, "remind"))
    wished = await talk.press(data(PERMIT, "remind:East"))
    again = await talk.press(data(PERMIT, "remind"))

    assert told(asked) == "(en) reminder_zone"
    assert [button.label for button in buttons(asked)] == ["East", "Further"]
    assert [told(wished), told(again)] == ["on 18 Jun 2030 at 12.00"] * 2
    assert talk.store.reminders == {1: WISH}


async def test_the_wish_leads_no_further() -> None:
    talk = await begun()
    await talk.press(data(PERMIT, "remind:East"))

    assert (await talk.command("next")).replies[0].text.endswith("Get it.")


async def test_each_step_has_its_days() -> None:
    talk = talking(replace(SHED, steps=(replace(TIN, remind_after=7),)))
    key = data("", journey="shed").removesuffix("::")
    await talk.press(key)

    assert told(await talk.press(data(TIN, "remind:Further", journey="shed"))) == (
        "on 22 Jun 2030 at 13.00"
    )


async def test_nobody_wishes_for_a_reminder_of_a_step_behind_them() -> None:
    talk = await begun()
    await talk.press(data(PERMIT, "done"))

    assert (await talk.press(data(PERMIT, "remind"))).toast == "(en) journey_passed"


async def test_an_unknown_zone_is_asked_for_again() -> None:
    talk = await begun()

    assert told(await talk.press(data(PERMIT, "remind:Moon"))) == "(en) reminder_zone"


@pytest.mark.parametrize(
    ("language", "text"), [(None, "remember A stall: Permit"), ("en", "remember A stall: Permit")]
)
async def test_reminds_of_the_step_that_is_due(language: str | None, text: str) -> None:
    talk = await begun()
    if language:
        await talk.store.choose_language(1, language)

    assert await talk.conversation.reminding.text(WISH) == text


async def test_reminds_of_a_step_without_a_check_by_its_words() -> None:
    talk = talking()
    await talk.press(START)

    assert await talk.conversation.reminding.text(WISH) == "remember A stall: What?"


async def test_does_not_remind_of_what_is_over() -> None:
    stopped, ended, gone = await begun(), await begun(), await begun()
    await stopped.command("stop")
    ended.knowledge.paths = (replace(STALL, steps=(PRODUCT,)),)
    gone.knowledge.paths = ()

    told_ = [await talk.conversation.reminding.text(WISH) for talk in (stopped, ended, gone)]

    assert [*told_, await talking().conversation.reminding.text(WISH)] == [""] * 4
