"""The products of a message are what is left once the words around are taken away."""

import pytest

from bot.core.naming import one_letter_off
from bot.core.products import Mention, ProductWords
from tests.fakes import PHRASES, Goods, clusters

WORDS = ProductWords.of(PHRASES)


def mention(text: str) -> Mention:
    return WORDS.mention(text, clusters())


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("hat", ("hat",)),
        ("Can we sell hats from Mars?", ("hats",)),
        ("hats, lamps; big mask", ("hats", "lamps", "big mask")),
        ("1. hats\n2) lamps\n- masks", ("hats", "lamps", "masks")),
        ("hats and lamps", ("hats", "lamps")),
        ("salt and pepper shaker", ("salt and pepper shaker",)),
        ("salt and big lamps", ("salt", "big lamps")),
        ("a lamp for hats", ("lamp for hats",)),
        ("we sell a lamp for", ("lamp",)),
        ("for hats", ("hats",)),
        ("books about hats and salt", ("books about hats and salt",)),
        ("is the hat counted as food?", ("hat",)),
        ("counted as food", ("food",)),
        ("we sell hats in the bazaar", ("hats",)),
        ("我们卖帽子", ("帽子",)),
        ("卖帽子吗", ("帽子",)),
        ("帽子和灯", ("帽子", "灯")),
        ("帽子算食品吗", ("帽子",)),
        ("有帽子的灯", ("有帽子的灯",)),
        ("can we sell LED灯", ("led灯",)),
        ("are hats clsoed", ("hats",)),
        ("we sell 12 34", ()),
        ("?!", ()),
        ("hats hats, hats", ("hats hats", "hats")),
    ],
)
def test_finds_the_names(text: str, names: tuple[str, ...]) -> None:
    assert mention(text).names == names


@pytest.mark.parametrize("text", ["hat", "hats and lamps", "What about hats?", "那帽子呢"])
def test_nothing_but_names_is_bare(text: str) -> None:
    found = mention(text)

    assert found.names
    assert found.is_bare


def test_a_question_whether_something_is_sold_is_no_bare_name() -> None:
    found = mention("Are hats closed?")

    assert (found.is_bare, found.asks) == (False, True)


def test_other_subjects_show() -> None:
    assert mention("what tax is on hats").is_elsewhere
    assert not mention("are hats closed").is_elsewhere


@pytest.mark.parametrize(
    ("text", "side"),
    [
        ("we are abroad and sell hats", "overseas"),
        ("kami di mars jual hats", "overseas"),
        ("kami pabrik besar dari mars", "overseas"),
        ("kami di home jual hats", None),
        ("we are here and sell hats", "local"),
        ("hats", None),
    ],
)
def test_tells_where_somebody_sells_from(text: str, side: str | None) -> None:
    assert mention(text).side == side


@pytest.mark.parametrize(
    ("text", "side"),
    [
        ("Mars", "overseas"),
        ("从火星", "overseas"),
        ("at home", "local"),
        ("somewhere", None),
        ("we sell hats that come from mars", None),
    ],
)
def test_knows_a_place_that_stands_nearly_alone(text: str, side: str | None) -> None:
    assert WORDS.place(text) == side


@pytest.mark.parametrize(("text", "may_be"), [("tax stamps", True), ("the in stamps", False)])
def test_words_that_usually_stand_around_may_belong_to_a_name(text: str, *, may_be: bool) -> None:
    goods = Goods({"stamps": "cloth", "tax seals": "cloth", "the in trays": "cloth"})

    assert WORDS.mention(text, clusters(goods)) == Mention(
        (text,), is_bare=True, may_be_elsewhere=may_be
    )


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("the yards", ("yards",)),
        ("play in yards", ("play in yards",)),
        ("play from yards", ("play", "yards")),
        ("是玩具", ("是玩具",)),
        ("玩具吗", ("玩具",)),
        ("we play yards", ("play yards",)),
        ("play and yards", ("play", "yards")),
        ("the hats", ("hats",)),
    ],
)
def test_a_name_is_not_torn_apart(text: str, names: tuple[str, ...]) -> None:
    goods = Goods({"hats": "cloth", "in trays": "cloth"})

    assert WORDS.mention(text, clusters(goods)).names == names


def test_only_a_long_word_of_another_subject_may_be_typed_wrongly() -> None:
    about = clusters(subjects=("permit", "register"))

    assert WORDS.mention("hermit hats", about).names == ("hermit hats",)
    assert WORDS.mention("regster hats", about).is_elsewhere


def test_only_what_is_nothing_but_names_may_be_a_label() -> None:
    assert mention("hats and lamps").label == "hats and lamps"
    assert not mention("we sell hats and lamps").label


def test_tells_whose_goods_they_are() -> None:
    assert mention("apakah hats saya ditutup").is_own
    assert not mention("are hats closed").is_own


@pytest.mark.parametrize(
    ("text", "concerns"),
    [("Are hats closed?", True), ("we are abroad", True), ("hats", False), ("we are here", False)],
)
def test_knows_what_may_be_about_closed_goods(text: str, *, concerns: bool) -> None:
    assert WORDS.concerns(text) is concerns


def test_a_word_that_stands_in_a_name_is_no_mistyped_one() -> None:
    assert WORDS.mention("clothed hats", clusters(Goods({"clothed": "food"}))).names == (
        "clothed hats",
    )


def test_one_letter_off_is_a_letter_more_less_other_or_swapped() -> None:
    near = set(one_letter_off("sell"))

    assert {"shell", "sel", "bell", "slel"} < near
    assert "hat" not in near
