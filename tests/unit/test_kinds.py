"""What a question seeks is told by its words, and what a text holds by its own."""

import pytest

from bot.backends.knowledge.kinds import TOKEN, Kind, Sorter, as_words, kind_of


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Berapa harga sewa kios?", "number"),
        ("how much is the rent", "number"),
        ("Kapan pasar dibuka?", "day"),
        ("Tahun berapakah pasar itu dibangun?", "day"),
        ("berapa kios dibuka pada tahun ini", "number"),
        ("Siapa kepala pasar?", "person"),
        ("Di mana pasar ikan?", "place"),
        ("dimanakah letaknya", "place"),
        ("Apa nama pasar itu?", "name"),
        ("Apa kepanjangan dari PIM?", "full_form"),
        ("apakah kios boleh dijual", "any"),
        ("", "any"),
    ],
)
def test_a_question_says_what_it_seeks(question: str, kind: Kind) -> None:
    assert kind_of(question) == kind


def test_a_short_date_is_also_said_in_words() -> None:
    assert list(as_words("24/8")) == ["24/8", "24", "agustus"]
    assert list(as_words("24/13")) == ["24/13"]
    assert list(as_words("Pasar")) == ["pasar"]


TEXTS = [
    TOKEN.findall(text)
    for text in (
        "Kepala pasar , Siti , tinggal di Palu .",
        "Siti pindah ke Palu .",
        "Kata Siti , Pasar Ikan Mina ( PIM ) buka .",
    )
]


def kinds(word: str, *, is_bracketed: bool = False) -> dict[Kind, float]:
    return dict(Sorter(TEXTS).kinds(word, is_bracketed=is_bracketed))


def test_a_name_that_stands_behind_such_words_is_rather_a_place() -> None:
    palu, siti = kinds("Palu"), kinds("Siti")

    assert palu["place"] > palu["person"]
    assert siti["person"] > siti["place"]
    assert palu["name"] == siti["name"] == 1.0


def test_a_name_before_a_bracket_is_rather_what_is_shortened() -> None:
    assert kinds("Mina", is_bracketed=True)["full_form"] > kinds("Mina")["full_form"]


def test_dates_are_rather_days_than_numbers() -> None:
    date, number = kinds("24/8"), kinds("12.500")

    assert date["day"] == 1.0
    assert date["number"] < number["number"]
    assert "day" not in number


def test_words_are_numbers_and_days_too() -> None:
    assert set(kinds("tiga")) == {"any", "number"}
    assert set(kinds("Agustus")) == {"any", "day"}
    assert set(kinds("Senin")) == {"any", "day"}


def test_a_bracket_is_nothing() -> None:
    assert kinds("(") == {}
