"""Lessons: pages, then a quiz, whatever happens in between."""

from dataclasses import replace

import pytest

from bot.core.messages import Button, Certificate, Picked, Poll, Press, Quiz, Turn
from bot.core.paths import Choice
from bot.core.render import digest
from bot.core.subjects import Lesson, Page, QuizQuestion
from tests.fakes import sender
from tests.unit.test_calculating import FORMULAS, Talk, buttons, told

LIGHT = Page("light", "Use a window.", card="stalls#papers")
SHADE = Page("shade", "Use white paper.", card="gone#1")
WHERE = QuizQuestion(
    "where",
    "Where?",
    (Choice("window", "By a window"), Choice("cellar", "In a cellar")),
    right="window",
    explanation="Light is soft there.",
    card="stalls#papers",
)
WHAT = QuizQuestion(
    "what", "What?", (Choice("paper", "Paper"), Choice("soot", "Soot")), "paper", "It is white."
)
PHOTO = Lesson("photo", "Photos", "Take them.", (LIGHT, SHADE), (WHERE, WHAT))
PRICE = Lesson("price", "Prices", "Set them.", (LIGHT,), (WHAT,))


class Class(Talk):
    """Somebody who learns."""

    def __init__(self, *lessons: Lesson) -> None:
        super().__init__(FORMULAS)
        self.knowledge.subjects = lessons or (PHOTO, PRICE)

    async def pick(self, question: QuizQuestion, option: str, *, lesson: Lesson = PHOTO) -> Turn:
        """Answer a question as it was asked."""
        options = tuple(choice.name for choice in question.options)
        right = options.index(question.right)
        poll = Poll(self.person, lesson.name, question.name, options, right)
        self.store.polls[question.name] = poll
        return await self.choose(question.name, options.index(option))

    async def choose(self, poll: str, *options: int, update: int = 0, person: int = 0) -> Turn:
        who = sender(person or self.person)
        return await self.conversation.turn(Picked(update or self._next(), who, poll, options))

    async def read(self, *pages: Page) -> None:
        for page in pages:
            await self.press(turned(page))

    async def press_as(self, data: str, name: str) -> Turn:
        who = replace(sender(self.person), name=name)
        return await self.conversation.turn(Press(self._next(), who, data, "q", 9))

    async def learn(self) -> Turn:
        """Learn the whole lesson with one mistake."""
        await self.press(BEGIN)
        await self.read(LIGHT, SHADE)
        await self.pick(WHERE, "cellar")
        return await self.pick(WHAT, "paper")


BEGIN, AGAIN, PICTURE = (f"t:{digest('photo')}{rest}" for rest in ("", "::again", "::picture"))


def turned(page: Page, lesson: Lesson = PHOTO) -> str:
    return f"t:{digest(lesson.name)}:{digest(page.name)}:next"


def text(turn: Turn) -> str:
    (reply,) = turn.replies
    return reply.text


def labels(turn: Turn) -> list[str]:
    return [button.label for button in buttons(turn)]


@pytest.mark.parametrize("name", ["lessons", "belajar"])
async def test_offers_every_lesson(name: str) -> None:
    turn = await Class().command(name)

    assert text(turn) == ("learned 0 of 2: - **Photos**\nTake them.\n\n- **Prices**\nSet them.")
    assert buttons(turn)[0] == Button("- Photos", BEGIN)


async def test_offers_nothing_where_there_is_no_lesson() -> None:
    talk = Talk()

    assert told(await talk.command("lessons")) == "(en) lesson_none"


async def test_teaches_from_the_first_page_to_the_result() -> None:
    talk = Class()

    first = await talk.press(BEGIN)
    second = await talk.press(turned(LIGHT))
    asked = await talk.press(turned(SHADE))
    next_asked = await talk.pick(WHERE, "cellar")
    result = await talk.pick(WHAT, "paper")

    assert [text(turn) for turn in (first, second, asked, next_asked)] == [
        "Photos 1/2\n\nUse a window.",
        "Photos 2/2\n\nUse white paper.",
        "1/2 Where?",
        "2/2 What?",
    ]
    assert labels(first) == ["(en) lesson_card", "(en) lesson_next"]
    assert labels(second) == ["(en) lesson_quiz"]
    assert second.keyboard == ()
    assert asked.replies[0].quiz == Quiz(
        "photo",
        "where",
        (("window", "By a window"), ("cellar", "In a cellar")),
        0,
        "Light is soft there.",
    )
    assert text(result) == "Photos: 1 of 2\n\nWhere? Light is soft there."
    assert labels(result) == [
        *("(en) lesson_card", "(en) lesson_picture", "next: Prices"),
        *("(en) lesson_again", "(en) lesson_list"),
    ]
    assert talk.store.chosen == {"where": 1, "what": 0}


async def test_shows_what_is_begun_and_what_is_finished() -> None:
    talk = Class()
    await talk.learn()
    await talk.press(f"t:{digest('price')}")

    turn = await talk.press("t:")

    assert text(turn).startswith("learned 1 of 2: + **Photos**")
    assert labels(turn) == ["+ Photos", "(en) lesson_begun Prices"]


async def test_after_the_last_lesson_those_before_are_offered() -> None:
    talk = Class(PRICE, PHOTO)

    assert "next: Prices" in labels(await talk.learn())


async def test_after_all_lessons_none_is_offered() -> None:
    result = await Class(PHOTO).learn()

    assert "(en) lesson_picture" in labels(result)
    assert not [label for label in labels(result) if label.startswith("next")]


async def test_a_question_in_between_is_answered_and_the_lesson_goes_on() -> None:
    talk = Class()
    await talk.press(BEGIN)
    await talk.read(LIGHT, SHADE)

    answer = await talk.say("what papers does a stall need?")
    on = await talk.press("g:on")
    by_command = await talk.command("next")

    assert answer.outcome is not None
    assert labels(answer)[-1] == "(en) go_on"
    assert (text(on), text(by_command)) == ("1/2 Where?", "1/2 Where?")


async def test_what_was_left_is_gone_on_with() -> None:
    talk = Class()
    await talk.press(BEGIN)
    await talk.read(LIGHT)
    stopped = await talk.command("stop")

    again = await talk.press(BEGIN)

    assert told(stopped) == "(en) stopped"
    assert text(again) == "Photos 2/2\n\nUse white paper."


async def test_a_page_is_turned_once() -> None:
    talk = Class()
    await talk.press(BEGIN)
    await talk.read(LIGHT)

    turn = await talk.press(turned(LIGHT))

    assert (turn.replies, turn.toast, turn.keyboard) == ((), "(en) lesson_passed", ())


async def test_the_same_press_once_more_shows_the_same() -> None:
    talk = Class()
    await talk.press(BEGIN)
    first = await talk.press(turned(LIGHT))

    again = await talk.conversation.turn(
        Press(talk.updates, sender(talk.person), turned(LIGHT), "q", 9)
    )

    assert again.replies == first.replies


async def test_the_same_choice_once_more_asks_the_same() -> None:
    talk = Class()
    await talk.press(BEGIN)
    await talk.read(LIGHT, SHADE)
    first = await talk.pick(WHERE, "window")

    again = await talk.choose("where", 0, update=talk.updates)

    assert again.replies == first.replies


async def test_a_question_that_was_asked_twice_is_answered_once() -> None:
    talk = Class()
    await talk.press(BEGIN)
    await talk.read(LIGHT, SHADE)
    await talk.pick(WHERE, "window")

    again = await talk.choose("where", 1)
    result = await talk.pick(WHAT, "paper")

    assert again.replies == ()
    assert text(result) == "Photos: 2 of 2"


@pytest.mark.parametrize("poll", ["another", "nobody", "unknown", "retracted", "beyond"])
async def test_what_is_no_answer_of_theirs_is_let_pass(poll: str) -> None:
    talk = Class()
    await talk.press(BEGIN)
    names = ("window", "cellar")
    talk.store.polls = {
        "another": Poll(99, "photo", "where", names, 0),
        "nobody": Poll(talk.person, "gone", "where", names, 0),
        "retracted": Poll(talk.person, "photo", "where", names, 0),
        "beyond": Poll(talk.person, "photo", "where", names, 0),
    }
    options = {"retracted": (), "beyond": (7,)}.get(poll, (0,))

    turn = await talk.choose(poll, *options)

    assert turn.replies == ()
    assert talk.store.chosen == {}


async def test_a_choice_before_its_lesson_was_begun_is_let_pass() -> None:
    assert (await Class().pick(WHERE, "window")).replies == ()


async def test_a_picture_shows_name_result_and_the_day_of_the_first_time() -> None:
    talk = Class()
    await talk.learn()
    await talk.press(AGAIN)

    turn = await talk.press_as(PICTURE, "Bu Sari")

    (reply,) = turn.replies
    assert reply.text == "Bu Sari learned Photos on 15 Jun 2030"
    assert reply.picture == Certificate(
        heading="(en) certificate_heading",
        name="Bu Sari",
        lesson="Photos",
        result="1 of 2 right",
        date="15 Jun 2030",
        program="Melati",
    )


async def test_there_is_no_picture_of_what_is_not_finished() -> None:
    talk = Class()
    before = await talk.press(PICTURE)
    await talk.press(BEGIN)

    during = await talk.press(PICTURE)

    assert (before.toast, during.toast) == ("(en) old_button", "(en) old_button")


async def test_a_lesson_is_learned_once_more() -> None:
    talk = Class()
    await talk.learn()

    first = await talk.press(AGAIN)
    twice = await talk.press(AGAIN)

    assert text(first) == text(twice) == "Photos 1/2\n\nUse a window."
    assert text(await talk.press("t:")).startswith("learned 1 of 2")


@pytest.mark.parametrize("data", [f"t:{digest('gone')}", turned(LIGHT, PRICE)])
async def test_an_old_button_says_so(data: str) -> None:
    turn = await Class().press(data)

    assert turn.toast == "(en) old_button"


async def test_an_edit_strands_nobody() -> None:
    """A page that was read is no more, another is new; an option that was chosen is no more."""
    talk = Class()
    await talk.press(BEGIN)
    await talk.read(LIGHT, SHADE)
    await talk.pick(WHERE, "cellar")
    stand = Page("stand", "Stand still.")
    options = (Choice("window", "By a window"), Choice("garden", "In a garden"))
    where = replace(WHERE, options=options)
    talk.knowledge.subjects = (replace(PHOTO, pages=(stand,), questions=(where, WHAT)),)

    page = await talk.command("next")
    asked = await talk.press(turned(stand))

    assert text(page) == "Photos 1/1\n\nStand still."
    assert text(asked) == "1/2 Where?"


async def test_what_ended_by_an_edit_is_learned_once_more() -> None:
    """The last question is no more, so that nothing is due of what nobody has finished."""
    talk = Class()
    await talk.press(BEGIN)
    await talk.read(LIGHT, SHADE)
    await talk.pick(WHERE, "cellar")
    talk.knowledge.subjects = (replace(PHOTO, questions=(WHERE,)),)

    result = await talk.command("next")
    first = await talk.press(AGAIN)

    assert text(result).startswith("Photos: 0 of 1")
    assert text(first) == "Photos 1/2\n\nUse a window."


async def test_a_lesson_that_is_no_more_leads_to_the_others() -> None:
    talk = Class()
    await talk.press(BEGIN)
    talk.knowledge.subjects = (PRICE,)

    turn = await talk.command("next")

    assert labels(turn) == ["- Prices"]
