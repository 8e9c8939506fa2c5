"""Figures in texts, and whether those of two texts agree."""

from decimal import Decimal

import pytest

from bot.backends.knowledge.figures import Figure, at_odds, figures, untold
from bot.core.messages import Language


@pytest.mark.parametrize(
    ("text", "language", "value", "unit"),
    [
        ("paling lama 3 hari", "id", "3", "hari"),
        ("sewa Rp1.500.000 sebulan", "id", "1500000", "rp"),
        ("sewa Rp 1,5 juta sebulan", "id", "1500000", "rp"),
        ("IDR 1.5 million a month", "en", "1500000", "rp"),
        ("每月150万印尼盾", "zh", "1500000", "印尼盾"),
        ("tarif 0,5% saja", "id", "0.5", "%"),
        ("0.5 % only", "en", "0.5", "%"),
        ("di bawah US$100 per unit", "id", "100", "$"),
        ("27 juta UMKM", "id", "27000000", "umkm"),
        ("约4.89万亿", "zh", "4890000000000", ""),
        ("1,234,567 shops", "en", "1234567", "shops"),
        ("pukul 22.00 WIB", "id", "22", "wib"),
        ("at 22:00 local time", "en", "22", "local"),
    ],
)
def test_reads_a_number_with_what_it_counts(
    text: str, language: Language, value: str, unit: str
) -> None:
    assert list(figures(text, language)) == [Figure(Decimal(value), unit)]


@pytest.mark.parametrize(
    "text", ["1. Buka halaman\n2. Isi data", "[lihat](https://a.example/2021/5)", "tanpa angka"]
)
def test_places_in_a_list_and_addresses_are_no_figures(text: str) -> None:
    assert list(figures(text, "id")) == []


@pytest.mark.parametrize(
    ("original", "translation", "language"),
    [
        ("3 Agustus 2021", "August 3, 2021", "en"),
        ("3 Agustus 2021", "2021年8月3日", "zh"),
        ("tiga klaster, 14 hari", "3 clusters, 14 days", "en"),
        ("Rp1,5 juta dan 0,5 %", "150万印尼盾和0.5%", "zh"),
        ("lima hari", "5天", "zh"),
    ],
)
def test_a_translation_may_write_its_numbers_otherwise(
    original: str, translation: str, language: Language
) -> None:
    assert untold(translation, language, original, "id") == []


def test_numbers_that_only_one_of_two_languages_has_are_named() -> None:
    found = untold("14 days, IDR 20,000", "en", "15 hari, Rp20.000", "id")

    assert found == [Decimal(14), Decimal(15)]


def test_two_texts_that_count_the_same_otherwise_are_at_odds() -> None:
    assert at_odds("paling lama 3 hari", "dalam 5 hari", "id") == ("hari", [Decimal(3), Decimal(5)])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("3 hari", "3 hari, lalu 5 hari"),
        ("3 hari", "5 kali"),
        ("sejak 3 Agustus 2021", "sejak 4 Agustus 2022"),
        ("untung Rp1.000, Rp2.000, Rp3.000", "biaya Rp500"),
    ],
    ids=["one is the same", "another unit", "dates", "a worked example"],
)
def test_these_are_not_at_odds(one: str, other: str) -> None:
    assert at_odds(one, other, "id") == ("", [])
