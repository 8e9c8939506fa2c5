"""Answer from passages, or abstain."""

from typing import Any

import pytest

from bot.core.answer import answer
from bot.core.messages import Abstention, Answer, Clarification
from tests.fakes import passage


def test_answers_with_the_best_passage() -> None:
    best, second = passage("a#1", confidence=0.9), passage("b#1", confidence=0.8)

    assert answer([best, second], min_confidence=0.5) == Answer(best, (second,))


def test_answers_when_the_confidence_is_just_enough() -> None:
    best = passage(confidence=0.5)

    assert answer([best], min_confidence=0.5) == Answer(best)


def test_abstains_below_the_threshold() -> None:
    best = passage(confidence=0.49)

    assert answer([best], min_confidence=0.5) == Abstention(0.49, related=(best,))


def test_an_abstention_offers_the_two_nearest_cards_that_know_something() -> None:
    nearest = [passage(f"a#{number}", confidence=0.1) for number in range(3)]
    unknown = passage("b#1", unknown=True, confidence=0.2)

    outcome = answer([unknown, *nearest], min_confidence=0.5)

    assert outcome == Abstention(0.2, related=(nearest[0], nearest[1]))


def test_abstains_when_nothing_was_found() -> None:
    assert answer([], min_confidence=0.5) == Abstention(0.0)


def test_abstains_with_the_card_that_says_what_is_unknown() -> None:
    unknown = passage(unknown=True, confidence=0.8, sources=())

    assert answer([unknown], min_confidence=0.5) == Abstention(0.8, unknown)


def test_half_as_likely_it_is_told_too_since_it_misleads_nobody() -> None:
    unknown = passage(unknown=True, confidence=0.25, sources=())

    assert answer([unknown], min_confidence=0.5) == Abstention(0.25, unknown)


def test_an_unlikely_card_of_what_is_unknown_is_not_told() -> None:
    unknown = passage(unknown=True, confidence=0.2)

    assert answer([unknown], min_confidence=0.5) == Abstention(0.2)


def test_offers_two_more_cards_of_the_same_topic() -> None:
    best, second, third, fourth = (passage(f"a#{number}") for number in range(4))
    other = passage("b#1", topic="fees")

    outcome = answer([best, other, second, third, fourth], min_confidence=0.5)

    assert outcome == Answer(best, (second, third))


def test_offers_cards_of_the_same_file_before_others_of_the_topic() -> None:
    best, elsewhere, beside = passage("a#1"), passage("b#1"), passage("a#2")

    outcome = answer([best, elsewhere, beside], min_confidence=0.5)

    assert outcome == Answer(best, (beside, elsewhere))


def test_offers_a_card_of_another_topic_where_its_own_has_no_more() -> None:
    best, other, same = passage("a#1"), passage("b#1", topic="fees"), passage("a#2")

    outcome = answer([best, other, same], min_confidence=0.5)

    assert outcome == Answer(best, (same, other))


def test_offers_the_cards_it_links_to_first() -> None:
    best, second = passage("a#1"), passage("a#2")
    linked = passage("b#1", topic="fees")

    outcome = answer([best, second], min_confidence=0.5, linked=[linked])

    assert outcome == Answer(best, (linked, second))


def test_offers_neither_itself_nor_a_card_twice() -> None:
    best, second = passage("a#1"), passage("a#2")

    outcome = answer([best, second], min_confidence=0.5, linked=[second, best])

    assert outcome == Answer(best, (second,))


def test_does_not_offer_what_is_unknown() -> None:
    best, unknown = passage("a#1"), passage("a#2", unknown=True)

    assert answer([best, unknown], min_confidence=0.5) == Answer(best)


def test_an_unknown_card_offers_others_too() -> None:
    unknown, second = passage("a#1", unknown=True), passage("a#2")

    outcome = answer([unknown, second], min_confidence=0.5)

    assert outcome == Abstention(unknown.confidence, unknown, (second,))


def test_asks_which_of_two_close_cards_is_meant() -> None:
    best, second = passage("a#1", confidence=0.4), passage("b#1", confidence=0.2)

    outcome = answer([best, second, passage("c#1")], min_confidence=0.6)

    assert outcome == Clarification(0.4, (best, second))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"confidence": 0.39}, {"confidence": 0.39}),
        ({"confidence": 0.5}, {"confidence": 0.24}),
        ({"confidence": 0.5, "unknown": True}, {"confidence": 0.5}),
        ({"confidence": 0.5}, {"confidence": 0.5, "unknown": True}),
    ],
    ids=["too unlikely", "not close", "unknown", "second unknown"],
)
def test_asks_nothing_back_otherwise(first: dict[str, Any], second: dict[str, Any]) -> None:
    outcome = answer([passage("a#1", **first), passage("b#1", **second)], min_confidence=0.6)

    assert isinstance(outcome, Abstention)


def test_two_close_cards_of_which_one_is_likely_enough_are_no_question() -> None:
    best, second = passage("a#1", confidence=0.6), passage("b#1", confidence=0.6)

    assert isinstance(answer([best, second], min_confidence=0.6), Answer)
