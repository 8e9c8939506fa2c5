"""Words by which a text says what it is about."""

import pytest

from bot.core.cues import Cues, last_of

CUES = Cues([{"fee": "fee|Fees", "cost": "cost"}, {"fee": "佣金", "cost": "成本"}])


@pytest.mark.parametrize(
    ("text", "says"),
    [("the FEE is", True), ("fees", True), ("coffee", False), ("佣金8%", True), ("", False)],
)
def test_finds_whole_words_in_every_language(text: str, says: bool) -> None:
    assert CUES.says(text, "fee") is says


@pytest.mark.parametrize(
    ("text", "ends"), [("a fee: ", True), ("fee of", False), ("fee", True), (" ", False)]
)
def test_tells_what_a_text_ends_with(text: str, ends: bool) -> None:
    assert CUES.ends(text, "fee") is ends


@pytest.mark.parametrize(("text", "begins"), [(" fee of", True), ("a fee", False), ("", False)])
def test_tells_what_a_text_begins_with(text: str, begins: bool) -> None:
    assert CUES.begins(text, "fee") is begins


def test_tells_which_word_comes_last() -> None:
    assert CUES.last_named("a fee on the cost", ["fee", "cost"]) == "cost"
    assert CUES.last_named("nothing", ["fee", "cost"]) == ""


def test_nothing_is_found_without_words() -> None:
    assert last_of("a fee", ()) == 0
