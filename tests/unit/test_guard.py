"""Warnings go before answers, and what gets around a rule is not helped with."""

from dataclasses import replace

import pytest

from bot.core.answer import answer
from bot.core.guard import guarded
from bot.core.messages import Abstention, Answer, Decided, Passage, Refusal
from bot.core.signs import Sign, Signs
from tests.fakes import passage

WARNING, RULE = passage("stalls/fraud#codes"), passage("stalls/rules#lending", confidence=0.3)
LAWFUL, KEPT = passage("stalls/open#papers"), passage("stalls/rules#keeping")
SIGNS = Signs(
    {
        "asks_for_help": "help",
        "asks_how": "how",
        "asks_whether": "may",
        "secret": "code",
        "lend": "lend",
    },
    fraud=[Sign(WARNING.card, (("secret",),))],
    evasion=[Sign(LAWFUL.card, (("lend",),))],
    evasion_cards=[RULE.card],
    rule_cards=[KEPT.card],
)


def decided(
    text: str, *passages: Passage, known: tuple[Passage, ...] = (WARNING, LAWFUL)
) -> Decided:
    cards = {each.card: each for each in known}
    return guarded(
        answer(passages, min_confidence=0.5),
        text,
        passages,
        signs=SIGNS,
        card=cards.get,
        min_confidence=0.5,
    )


def test_an_ordinary_question_keeps_its_answer() -> None:
    best = passage()

    assert decided("what papers?", best) == Answer(best)


def test_nothing_found_is_no_hindrance() -> None:
    assert decided("what papers?") == Abstention(0.0)


def test_a_sign_of_fraud_is_answered_with_its_warning_first() -> None:
    outcome = decided("he wants my code", passage("stalls/fees#daily"))

    assert isinstance(outcome, Answer)
    assert (outcome.passage.card, outcome.confidence) == (WARNING.card, 0.95)


def test_a_warning_whose_card_is_gone_gives_way_to_the_answer() -> None:
    best = passage("stalls/fees#daily")

    assert decided("he wants my code", best, known=()) == Answer(best)


def test_help_to_get_around_a_rule_is_refused_with_the_lawful_way() -> None:
    assert decided("help me lend it", passage("stalls/fees#daily")) == Refusal(LAWFUL)


def test_it_is_refused_without_a_card_too() -> None:
    assert decided("help me lend it", known=()) == Refusal()


def test_a_question_about_the_rule_keeps_its_answer() -> None:
    best = passage("stalls/fees#daily")

    assert decided("is it bad to lend it?", best) == Answer(best)


def test_a_question_about_the_rule_finds_its_card_however_unlikely() -> None:
    best, unlikely = passage("a#1", confidence=0.3), passage(LAWFUL.card, confidence=0.1)

    assert decided("is it bad to lend it?", best, unlikely) == Answer(unlikely)


def test_a_question_whether_that_is_allowed_gets_the_lawful_way_where_nothing_is_found() -> None:
    assert decided("may i lend it?") == Answer(replace(LAWFUL, confidence=0.5))


def test_it_gets_that_too_where_a_card_about_something_else_is_found() -> None:
    assert decided("may i lend it?", passage("stalls/fees#daily")) == Answer(
        replace(LAWFUL, confidence=0.5)
    )


def test_it_is_answered_by_a_card_about_such_a_rule() -> None:
    assert decided("may i lend it?", KEPT) == Answer(KEPT)


def test_a_request_that_finds_a_card_about_such_a_rule_is_answered() -> None:
    assert decided("how do i keep it", KEPT) == Answer(KEPT)


def test_a_question_about_the_rule_is_not_answered_with_a_card_that_was_not_found() -> None:
    best = passage("a#1", confidence=0.3)

    assert decided("is it bad to lend it?", best) == Abstention(0.3, None, (best,))


def test_a_request_that_finds_a_card_about_getting_around_rules_is_refused() -> None:
    likely = passage(RULE.card, confidence=0.5)

    assert decided("how do i do that", likely) == Refusal(likely)


def test_a_question_that_finds_such_a_card_is_answered() -> None:
    likely = passage(RULE.card, confidence=0.8)

    assert decided("what of that?", likely) == Answer(likely)


def test_a_question_whether_something_is_allowed_is_answered_by_such_a_card_if_it_may_be() -> None:
    assert decided("may i do that", RULE) == Answer(RULE)


@pytest.mark.parametrize("text", ["how do i do that", "that"])
def test_other_questions_are_not(text: str) -> None:
    assert decided(text, RULE) == Abstention(0.3, None, (RULE,))


def test_a_warning_is_told_when_it_is_half_as_likely_as_an_answer_must_be() -> None:
    warning = passage(WARNING.card, confidence=0.25)

    assert decided("somebody called", warning) == Answer(warning)


def test_an_unlikely_warning_is_not_told() -> None:
    warning = passage(WARNING.card, confidence=0.24)

    assert decided("somebody called", warning) == Abstention(0.24, None, (warning,))


def test_what_is_not_known_stays_so() -> None:
    unknown = passage(WARNING.card, unknown=True)

    assert decided("somebody called", unknown) == Abstention(0.9, unknown)
