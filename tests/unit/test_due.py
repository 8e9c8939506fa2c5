"""Staff are shown the cards whose days have passed, and those that need a look soon."""

from datetime import date, timedelta
from typing import Any

import pytest

from bot.backends.knowledge.cards import Card
from bot.backends.knowledge.due import Due, Kind, due
from tests.fakes import TODAY

YESTERDAY = TODAY - timedelta(days=1)
IN_TWO_WEEKS = TODAY + timedelta(days=14)


def card(*days: tuple[Kind, date], name: str = "a#1", language: str = "id") -> Card:
    values: dict[str, Any] = {"review_by": "", "valid_until": "", "deadline": ""}
    values |= {kind: day.isoformat() for kind, day in days}
    return Card(
        name=name,
        language=language,
        title="",
        text="",
        asked=(),
        topic="",
        sources=(),
        as_of="",
        seen="",
        unknown=False,
        facts=(),
        **values,
    )


@pytest.mark.parametrize("kind", ["review_by", "valid_until", "deadline"])
def test_a_day_that_has_passed_is_due(kind: Kind) -> None:
    assert due([card((kind, YESTERDAY))], today=TODAY) == (Due("a#1", kind, YESTERDAY),)


@pytest.mark.parametrize("kind", ["review_by", "valid_until"])
def test_a_day_to_act_before_is_due_two_weeks_ahead(kind: Kind) -> None:
    soon = card((kind, IN_TWO_WEEKS), name="soon#1")
    later = card((kind, IN_TWO_WEEKS + timedelta(days=1)), name="later#1")

    assert [each.card for each in due([soon, later], today=TODAY)] == ["soon#1"]


def test_a_deadline_is_due_only_when_it_has_passed() -> None:
    assert due([card(("deadline", TODAY))], today=TODAY) == ()


def test_a_card_without_days_is_never_due() -> None:
    assert due([card()], today=date.max) == ()


def test_a_translated_card_is_due_once_by_its_first_day() -> None:
    cards = [card(("review_by", TODAY)), card(("review_by", YESTERDAY), language="en")]

    assert due(cards, today=TODAY) == (Due("a#1", "review_by", YESTERDAY),)


def test_the_oldest_day_comes_first() -> None:
    cards = [
        card(("review_by", TODAY)),
        card(("review_by", TODAY), ("deadline", YESTERDAY), name="b#1"),
    ]

    assert [(each.card, each.kind) for each in due(cards, today=TODAY)] == [
        ("b#1", "deadline"),
        ("a#1", "review_by"),
        ("b#1", "review_by"),
    ]
