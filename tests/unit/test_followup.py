"""A question that goes on from the one before is known, and means what both mean together."""

import pytest

from bot.core.followup import context, in_context, leaning
from bot.core.messages import Passage
from tests.fakes import PHRASES, passage

LAST = "stalls/open#papers"


@pytest.mark.parametrize(
    ("text", "leans"),
    [
        ("And for a firm?", "plainly"),
        ("what about, say, three stalls", "plainly"),
        ("does it cost a lot", "plainly"),
        ("how is one pricewise", "plainly"),
        ("那公司呢？", "plainly"),
        ("公司呢？", "plainly"),
        ("租它要多少钱", "plainly"),
        ("a firm?", "maybe"),
        ("how much per day", "maybe"),
        ("otherwise?", "maybe"),
        ("android phones", "maybe"),
        ("公司要什么材料", "maybe"),
        ("how much is one per day", "no"),
        ("and how long does all of this take me then", "no"),
        ("???", "no"),
        ("", "no"),
    ],
)
def test_knows_by_length_and_words_what_a_question_leans_on(text: str, leans: str) -> None:
    assert leaning(text, PHRASES) == leans


def test_the_context_is_the_question_before() -> None:
    assert context(["papers for a stall", "older"], PHRASES) == "papers for a stall"


def test_the_context_of_a_chain_goes_back_to_what_leans_on_nothing() -> None:
    chain = ["and a firm?", "what about those", "papers for a stall", "older"]

    assert context(chain, PHRASES) == "papers for a stall what about those and a firm?"


def test_the_context_of_a_chain_without_a_beginning_is_all_of_it() -> None:
    assert context(["and a firm?", "what about those"], PHRASES) == "what about those and a firm?"


def found(**cards: tuple[float, float]) -> tuple[Passage, ...]:
    """Cards by their confidence and score, best first."""
    return tuple(
        passage(card, confidence=confidence, score=score)
        for card, (confidence, score) in cards.items()
    )


def test_both_readings_together_find_what_neither_finds() -> None:
    alone = found(x=(0.4, 5.0), firm=(0.3, 4.0))
    joined = found(firm=(0.6, 7.0), y=(0.1, 2.0))

    best, *_ = in_context(alone, joined, last="", leans="maybe")

    assert (best.card, best.score) == ("firm", 11.0)
    assert best.confidence == pytest.approx(1 - 0.7 * 0.4)


def test_what_was_told_last_is_not_told_again() -> None:
    joined = (passage(LAST, confidence=0.9, score=9.0), *found(firm=(0.5, 5.0), x=(0.1, 4.0)))

    best, *rest = in_context(found(firm=(0.5, 5.0)), joined, last=LAST, leans="plainly")

    assert (best.card, [each.card for each in rest]) == ("firm", ["x"])


def test_a_clear_lead_halves_the_doubt_of_what_plainly_leans() -> None:
    joined = found(firm=(0.6, 8.0), x=(0.2, 2.0))

    best, *_ = in_context((), joined, last="", leans="plainly")

    assert best.confidence == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("leans", "second"), [("plainly", (0.2, 7.0)), ("maybe", (0.2, 2.0))], ids=["close", "maybe"]
)
def test_else_the_doubt_stays(leans: str, second: tuple[float, float]) -> None:
    alone = found(firm=(0.2, 8.0), x=second)

    best, *_ = in_context(alone, found(firm=(0.5, 8.0), x=second), last="", leans=leans)  # type: ignore[arg-type]

    assert best.confidence == pytest.approx(0.6)


def test_a_single_card_is_clearly_ahead() -> None:
    (best,) = in_context((), found(firm=(0.6, 8.0)), last="", leans="plainly")

    assert best.confidence == pytest.approx(0.8)


def test_a_self_contained_question_keeps_its_answer() -> None:
    alone, joined = found(fees=(0.9, 8.0)), found(papers=(0.8, 9.0), x=(0.1, 8.5))

    assert in_context(alone, joined, last="", leans="plainly") == alone


def test_a_short_question_whose_own_words_do_not_point_to_a_card_does_not_get_it() -> None:
    alone, joined = found(fees=(0.3, 4.0)), found(papers=(0.9, 9.0))

    assert in_context(alone, joined, last="", leans="maybe") == alone


def test_nothing_but_what_was_told_leaves_the_question_alone() -> None:
    alone = (passage(LAST, confidence=0.2),)

    assert in_context(alone, alone, last=LAST, leans="plainly") == alone
