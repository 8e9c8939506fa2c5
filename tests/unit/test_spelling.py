"""Words as people type them, read as the words of the cards."""

import pytest

from bot.backends.knowledge.spelling import Spelling
from bot.backends.knowledge.words import Glossary, stemmer

GLOSSARY = Glossary({"ngadaptar": "daftar", "drmn": "dari mana"})
HELD = {
    **dict.fromkeys(["persen", "potongan", "paket", "bungkus", "tutup", "kirim", "cepat"], 3),
    **dict.fromkeys(["dibebankan", "asuransi", "ribu", "daftar", "dari", "mana", "lebar"], 2),
    "mksimal": 1,
    "maksimal": 12,
    "bros": 1,
    "boros": 3,
    **dict.fromkeys(["libur", "belum", "setor", "siapkan", "rekening"], 1),
}
SPELLING = Spelling(GLOSSARY, HELD, stemmer("id"))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("ptongan brp prsen", "potongan brp persen"),
        ("cepet", "cepat"),
        ("dibebanin", "dibebankan"),
        ("diasuransiin", "diasuransikan"),
        ("ngirim", "kirim"),
        ("nyetor", "setor"),
        ("kukirim", "kirim"),
        ("ngebungkus", "bungkus"),
        ("rekeninge", "rekening"),
        ("disiapkeun", "disiapkan"),
        ("disiapake", "disiapkan"),
        ("ngadaptarna", "daftar"),
        ("ndaftar asuransinipun dipunsetor", "daftar asuransi disetor"),
        ("paket2", "paket"),
        ("blm2", "belum"),
        ("50rb", "50 ribu"),
        ("100an", "100"),
        ("lbr", "lebar"),
        ("mksimal", "maksimal"),
    ],
)
def test_reads_a_word_as_the_one_that_the_cards_hold(typed: str, meant: str) -> None:
    assert SPELLING(typed) == meant


@pytest.mark.parametrize(
    "typed", ["potongan", "bros", "kirimkan", "gojek", "xyz", "5g", "sadar", "ab"]
)
def test_leaves_what_is_known_or_nothing_is_like(typed: str) -> None:
    assert SPELLING(typed) == typed


def test_letters_with_marks_are_read_as_those_without() -> None:
    glossary = Glossary({"béak": "habis", "kulo": "saya"})

    assert glossary("Stokna BÉAK, kulò cafe\u0301") == "stokna habis, saya cafe"


def test_puts_in_the_words_of_the_glossary_first() -> None:
    assert SPELLING("Paket drmn?") == "paket dari mana?"
