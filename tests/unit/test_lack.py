"""A card lacks what a question seeks if nobody asks it for that."""

from collections.abc import Sequence
from typing import Any

import pytest

from bot.backends.knowledge.cards import Card
from bot.backends.knowledge.lack import Lack
from bot.backends.knowledge.words import Glossary
from bot.core.messages import Language


def card(*asked: str, language: Language = "id", **values: Any) -> Card:
    usual: dict[str, Any] = {
        "title": "Pasar malam",
        "text": "Pasar malam dibuka pada 2021 di Solo.",
        "topic": "stalls",
        "sources": ("A",),
        "as_of": "2024-05",
        "seen": "",
        "unknown": False,
        "review_by": "",
        "valid_until": "",
        "deadline": "",
        "facts": (),
    }
    return Card(name="stalls#fair", language=language, asked=asked, **usual | values)


def lacks(question: str, cards: Sequence[Card]) -> bool:
    versions = {each.language: each for each in cards}
    return Lack({"stalls#fair": versions}, Glossary({"brp": "berapa"}))(question)("stalls#fair")


@pytest.mark.parametrize(
    "question",
    [
        "pasar malam mulai jam brp",
        "pasar malam di gedung mana",
        "siapa nama panitia pasar malam",
        "ada berapa peserta pasar malam",
        "where is the night market",
        "夜市几点开始",
        "夜市有多少人",
        "pasar malam tahun 2019",
    ],
)
def test_what_nobody_asks_a_card_for_is_lacking(question: str) -> None:
    assert lacks(question, [card("kapan pasar malam dibuka", "siapa yang buka pasar malam")])


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("pasar malam mulai jam brp", "jam berapa pasar malam buka"),
        ("alamat pasar malam", "pasar malam dimana"),
        ("nama pasar malam", "pasar malam itu namanya apa"),
        ("jumlah peserta pasar malam", "brp orang yang ikut pasar malam"),
        ("kapan pasar malam dibuka", "pasar malam"),
        ("ada berapa tokopedia", "pasar malam"),
        ("bawa 2000 topi ke pasar malam", "pasar malam"),
        ("夜市没几个人，怎么办", "pasar malam"),
    ],
)
def test_what_somebody_asks_it_for_is_not(question: str, asked: str) -> None:
    assert not lacks(question, [card(asked)])


def test_it_may_be_asked_for_in_another_language() -> None:
    assert not lacks("夜市在哪里", [card("pasar malam"), card("where is it", language="en")])


@pytest.mark.parametrize(
    ("year", "as_of", "seen", "is_lacking"),
    [
        ("2019", "2024-05", "", True),
        ("2019", "undated", "2026-11-23", True),
        ("2021", "2024-05", "", False),
        ("2026", "2024-05", "", False),
        ("2023", "2021", "", False),
    ],
)
def test_a_year_before_that_of_its_facts_must_stand_in_it(
    year: str, as_of: str, seen: str, is_lacking: bool
) -> None:
    assert lacks(f"sewa kios tahun {year}", [card("sewa", as_of=as_of, seen=seen)]) is is_lacking


def test_a_card_of_what_is_not_known_lacks_nothing() -> None:
    assert not lacks("pasar malam di mana tahun 2019", [card("pasar malam", unknown=True)])
