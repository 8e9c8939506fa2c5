"""Signs of fraud, and of wishes to get around a rule, are read off the words."""

import pytest

from bot.core.signs import Reading, Sign, Signs

SCAM, LEND, OFF = "stalls/fraud#codes", "stalls/rules#lending", "stalls/fraud#off"

SIGNS = Signs(
    {
        "asks_for_help": "help me, tolong*",
        "asks_how": "how, caranya",
        "asks_whether": "may i, boleh",
        "wants": "asks for, mint*, , 要,",
        "secret": "code, pass word, 验证码",
        "late": "[not] come, came [not], late [unheard]",
        "not": "did not, never*, [wants] x",
        "harm": "hurt someone",
        "price": "pay # [coin], # coins, [wants] #",
        "coin": "rupiah, rb, # sen",
        "permit": "permit, kartu izin",
        "other": "friend*, [not] mine",
    },
    fraud=[
        Sign(SCAM, (("wants", "secret"),), unless=("late",)),
        Sign(OFF, (("gone",), ("price",))),
    ],
    evasion=[
        Sign(LEND, (("permit", "other"), ("permit", "secret", "late"))),
        Sign("", (("harm",),)),
    ],
)
NOTHING = Reading()


@pytest.mark.parametrize(
    "text",
    [
        "somebody asks for my code",
        "SOMEBODY ASKS  FOR,MY CODE!",
        "dimana? ada yang minta code",
        "mintain pass-word",
        "mintaaaa codé saya",
        "他要我的验证码",
    ],
)
def test_reads_fraud_off_words_of_each_list(text: str) -> None:
    assert SIGNS.read(text) == Reading("fraud", SCAM)


def test_reads_what_is_asked_where_nothing_else_shows() -> None:
    assert SIGNS.read("help me") == Reading(asks="for help")


@pytest.mark.parametrize(
    "text",
    ["pay 200rb", "pay 200 rupiah now", "pay 7 50 sen", "3 coins", "asks for 150", "mintain 5"],
)
def test_a_number_stands_for_any(text: str) -> None:
    assert SIGNS.read(text) == Reading("fraud", OFF)


@pytest.mark.parametrize("text", ["pay rb", "pay 200", "coins", "pay # rb"])
def test_where_no_number_stands_there_is_none(text: str) -> None:
    assert SIGNS.read(text) == NOTHING


@pytest.mark.parametrize(
    "text",
    [
        "",
        "???",
        "somebody asks for my name",
        "the code",
        "asks my for code",
        "pass the word, he asks for it",
        "decode what he asks for",
        "diminta code",
        "pass",
        "he asks for the code that did not come",
        "nevermore come asks for code",
        "asks for code, came did not",
        "late pass",
    ],
)
def test_reads_nothing_where_a_word_lacks_or_excuses(text: str) -> None:
    assert SIGNS.read(text) == NOTHING


def test_words_far_from_each_other_do_not_belong_together() -> None:
    story = "asks for bread " + "and then some more of it " * 10 + "in zip code five"

    assert SIGNS.read(story) == NOTHING


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("help me use the permit of a friend", "for help"),
        ("may i? help me use my friend's permit", "for help"),
        ("how to use the permit of my friends", "for help"),
        ("caranya pakai kartu izin friend", "for help"),
        ("how, may i use the permit of a friend?", "whether"),
        ("boleh pakai permit friend?", "whether"),
        ("my friend has a permit", ""),
        ("how: a permit that did not mine", "for help"),
        ("how: the code of a permit came nevermore", "for help"),
    ],
)
def test_tells_a_request_from_a_question_about_the_rule(text: str, asks: str) -> None:
    reading = SIGNS.read(text)

    assert (reading.shows, reading.card, reading.asks) == ("evasion", LEND, asks)


def test_a_sign_may_have_no_card() -> None:
    assert SIGNS.read("help me hurt someone") == Reading("evasion", "", "for help")


def test_fraud_goes_first() -> None:
    text = "help me with a permit of a friend who asks for the code"

    assert SIGNS.read(text).shows == "fraud"


def test_a_list_within_a_list_holds_plain_words_only() -> None:
    assert SIGNS.read("permit wants x mine") == NOTHING


def test_without_lists_there_is_nothing_to_read() -> None:
    assert Signs().read("help me, somebody asks for my code") == NOTHING


def test_knows_the_cards_that_warn_and_those_about_getting_around_rules() -> None:
    signs = Signs(fraud=[Sign(SCAM, (("a",),))], evasion_cards=[LEND], rule_cards=["c"])

    assert (signs.fraud_cards, signs.evasion_cards) == (frozenset([SCAM]), frozenset([LEND]))
    assert signs.rule_cards == frozenset([LEND, "c"])
