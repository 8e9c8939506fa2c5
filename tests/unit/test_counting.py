"""Counts for program staff, in words and in pictures."""

from dataclasses import replace

from bot.core.counting import along, charts, learned, told
from bot.core.counts import Statistics, TicketCount, WayCount
from bot.core.messages import Chart, Press
from bot.core.staff import Staff
from tests.desks import COUNTS, SHOWN, ListedDesk
from tests.fakes import sender
from tests.unit.test_journeys import STALL
from tests.unit.test_lessons import PHOTO

NOTHING = Statistics(0, 0, 30, (), (), (), (), TicketCount())


def test_counts_where_people_are_in_a_journey() -> None:
    food = {"product": "food"}
    done = {"product": "craft", "tin": "+", "hint": "+"}

    found = along(STALL, [{}, food, food, {**food, "permit": "+"}, done])

    assert found == WayCount("A stall", 5, 1, (("Permit", 2), ("What?", 1), ("Tin", 1)))


def test_counts_where_people_are_in_a_lesson() -> None:
    long = replace(PHOTO, pages=(replace(PHOTO.pages[0], text=f"**Use**\n{'a' * 99}"),))

    found = learned(long, [{}, {"light": "+", "where": "window", "what": "soot"}], finished=1)

    assert found == WayCount("Photos", 2, 1, ((f"Use {'a' * 56}…", 1),))


def test_tells_the_counts_and_draws_them() -> None:
    text, *pictures = told(COUNTS, phrases=SHOWN)

    assert text.text.split("\n\n") == [
        "<stats_people people=12 subscribers=3>",
        "<stats_questions count=25 days=30>\n- tried_answer: 20\n- tried_abstain: 5",
        "<stats_journey title=A stall begun=4 finished=1>\n<stats_stop step=Permit count=2>"
        "\n<stats_stop step=Tin count=1>",
        "<stats_lesson title=Photos begun=2 finished=1>\n<stats_stop step=Where? count=1>",
        "stats_hardest\n<stats_wrong lesson=Photos question=Where? wrong=2 answered=3>",
        "<stats_tickets open=1 closed=2> <stats_oldest hours=5> <stats_median hours=2>",
    ]
    assert [picture.picture for picture in pictures] == [
        Chart("<stats_chart_questions days=30>", (("tried_answer", 20), ("tried_abstain", 5))),
        Chart(
            "<stats_chart_journey title=A stall>",
            (("stats_finished", 1), ("Permit", 2), ("Tin", 1)),
        ),
    ]


def test_draws_nothing_where_there_is_nothing() -> None:
    (text,) = told(NOTHING, phrases=SHOWN)

    assert text.text == (
        "<stats_people people=0 subscribers=0>\n\n<stats_questions count=0 days=30>\n\n"
        "<stats_tickets open=0 closed=0>"
    )
    nobody = replace(NOTHING, journeys=(WayCount("A stall", 0, 0),))
    assert charts(nobody, phrases=SHOWN) == ()


async def test_staff_look_at_the_counts() -> None:
    desk = ListedDesk()
    staff = Staff(desk, members=[7], phrases={"en": SHOWN})

    turn = await staff.turn(Press(1, sender(7), "desk:stats", "q", 9), "en")

    assert (turn.language, len(turn.replies)) == ("en", 3)
    assert desk.asked == [("statistics",)]


async def test_counts_are_told_in_a_language_whose_letters_can_be_drawn() -> None:
    words = {"zh": {"picture_language": "id"}, "id": SHOWN}
    staff = Staff(ListedDesk(), members=[7], phrases=words)

    turn = await staff.turn(Press(1, sender(7), "desk:stats", "q", 9), "zh")

    assert turn.language == "id"
