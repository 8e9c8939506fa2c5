"""Several questions in one message are told apart, and one question is left whole."""

from dataclasses import replace

import pytest

from bot.core.messages import Abstention, Answer, Clarification, Decided, Refusal, Reply, Turn
from bot.core.splitting import (
    distinct,
    names_something,
    questions,
    standing,
    together,
    worth_telling,
)
from tests.fakes import PHRASES, passage


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("what is a stall? how do I pay?", ["what is a stall?", "how do I pay?"]),
        ("what is a stall and how do I pay", ["what is a stall", "how do I pay"]),
        ("What is a stall, also what is a fee", ["What is a stall", "what is a fee"]),
        ("what is a stall\nhow do I pay", ["what is a stall", "how do I pay"]),
        ("1. what is a stall 2) how do I pay", ["what is a stall", "how do I pay"]),
        ("stall or not? fee or not", ["stall or not?", "fee or not"]),
        (
            "I sell tea. what is a stall? and how do I pay?",
            ["I sell tea. what is a stall?", "and how do I pay?"],
        ),
        (
            "what is a stall? how do I pay? I am new.",
            ["what is a stall?", "how do I pay? I am new."],
        ),
        ("what is a, how is b and what is c", ["what is a, how is b", "what is c"]),
        ("摊位是什么？另外要付钱吗", ["摊位是什么？", "另外要付钱吗"]),
        ("摊位是什么，另外要付钱吗", ["摊位是什么", "要付钱吗"]),
    ],
)
def test_tells_questions_apart(text: str, parts: list[str]) -> None:
    assert list(questions(text, PHRASES)) == parts


@pytest.mark.parametrize(
    "text",
    [
        "",
        "??",
        "what is a stall",
        "what is a stall and a fee",
        "tea and coffee, what is the fee",
        "I sell tea. I am new. what is a stall?",
        "what is a stall? I sell tea.",
        "how? what? how? what is a stall?",
    ],
)
def test_leaves_one_question_whole(text: str) -> None:
    assert list(questions(text, PHRASES)) == [text]


@pytest.mark.parametrize(
    ("text", "names"), [("stall fee?", True), ("what is a stall", False), ("租金多少", True)]
)
def test_knows_what_names_something(text: str, names: bool) -> None:
    assert names_something(text, PHRASES) is names


def turn(outcome: Decided) -> Turn:
    told = outcome.passage.card if outcome.passage else outcome.name
    return Turn("en", outcome, (Reply(told),), heard=told)


PAPERS, FEES = turn(Answer(passage("papers"))), turn(Answer(passage("fees", confidence=0.8)))
UNKNOWN = turn(Abstention(0.9, passage("days", unknown=True)))
NOTHING, CLOSE = turn(Abstention(0.3)), turn(Clarification(0.5, (passage("a"), passage("b"))))
REFUSED = turn(Refusal())
WHOLE = turn(Answer(passage("papers", confidence=0.6)))


@pytest.mark.parametrize(
    "turns",
    [[PAPERS, FEES], [PAPERS, UNKNOWN], [REFUSED, PAPERS], [turn(Refusal(passage())), FEES]],
)
def test_two_questions_that_find_something_get_both(turns: list[Turn]) -> None:
    assert distinct(turns) == turns


def test_of_three_questions_each_card_is_told_once() -> None:
    assert distinct([PAPERS, FEES, PAPERS]) == [PAPERS, FEES]


def test_two_that_find_the_same_are_one_question() -> None:
    again = turn(Answer(passage("papers", confidence=0.7)))

    assert worth_telling([PAPERS, again], WHOLE) == [PAPERS]


def test_the_whole_is_told_where_it_fits_better() -> None:
    better = turn(Answer(passage("papers", confidence=0.95)))

    assert worth_telling([PAPERS, NOTHING], better) == [better]


def test_a_question_that_finds_nothing_is_told_so_where_the_whole_fits_less_well() -> None:
    assert worth_telling([NOTHING, PAPERS], WHOLE) == [NOTHING, PAPERS]


@pytest.mark.parametrize("other", [NOTHING, CLOSE])
def test_chatter_that_names_nothing_is_no_question(other: Turn) -> None:
    assert standing([PAPERS, other], [True, False], sure=0.7) == [PAPERS]


def test_what_names_nothing_stands_where_it_is_surely_answered() -> None:
    assert standing([PAPERS, FEES], [True, False], sure=0.7) == [PAPERS, FEES]
    assert standing([PAPERS, FEES], [True, False], sure=0.85) == [PAPERS]


def test_chatter_that_takes_nothing_away_is_no_question() -> None:
    whole = turn(Answer(passage("papers", confidence=0.85)))

    assert worth_telling([PAPERS, NOTHING], whole) == [PAPERS]


def test_where_nothing_is_found_the_whole_is_told() -> None:
    whole = turn(Abstention(0.2))

    assert worth_telling([NOTHING, CLOSE], whole) == [whole]


def test_one_turn_stays_as_it_is() -> None:
    assert together([PAPERS]) is PAPERS


@pytest.mark.parametrize(
    ("turns", "weakest"),
    [
        ([PAPERS, FEES], PAPERS),
        ([PAPERS, CLOSE], CLOSE),
        ([NOTHING, CLOSE], NOTHING),
        ([PAPERS, NOTHING], NOTHING),
        ([REFUSED, NOTHING], REFUSED),
    ],
)
def test_several_turns_are_as_good_as_the_weakest(turns: list[Turn], weakest: Turn) -> None:
    both = together(turns)

    assert both == replace(
        weakest, replies=turns[0].replies + turns[1].replies, heard="", parts=tuple(turns)
    )
