"""Indonesian, English and Chinese are told apart, as people type them."""

import pytest

from bot.backends.language import LanguageGuess
from bot.backends.prompts import read_phrases
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def guess() -> LanguageGuess:
    return LanguageGuess(read_phrases(ROOT / "prompts"))


@pytest.mark.parametrize(
    "text",
    [
        "Apa saja dokumen untuk buka toko?",
        "syrt buka toko ap aj kak",
        "gmn cara daftar seller",
        "aku arep dodolan online piye carane",
        "abdi hoyong muka toko kumaha carana",
        "ongkir",
        "boleh cod ga",
        "seller center error terus nih gimana dong",
        "LazMall kuwi opo to?",
        "ubah email seller center",
        "how to buat NIB sendiri lewat hp, step by step please",
        "is it true kalau admin fee lazada paling murah?",
        "cod kuwi opo artine",
    ],
)
def test_knows_indonesian_javanese_and_sundanese(guess: LanguageGuess, text: str) -> None:
    assert guess(text) == "id"


@pytest.mark.parametrize(
    "text",
    [
        "Can I still sell from Shenzhen?",
        "can i sell batik in indonesia",
        "which product groups are closed",
        "is usd 100 per item or per order",
        "HOW DO I OPEN A STORE",
        "what is Gerakan AKAR Digital Indonesia",
        "usd 100 minimum price",
        "tokopedia seller registration",
    ],
)
def test_knows_english(guess: LanguageGuess, text: str) -> None:
    assert guess(text) == "en"


@pytest.mark.parametrize(
    "text",
    [
        "海外卖家现在还能卖吗？",
        "batik 可以卖吗",
        "你好",
        "AKAR Digital Indonesia是什么",
        "positive list清单",
    ],
)
def test_knows_chinese(guess: LanguageGuess, text: str) -> None:
    assert guess(text) == "zh"


def test_a_chinese_name_makes_no_indonesian_question_chinese(guess: LanguageGuess) -> None:
    assert guess("siapa yang menjalankan program ini, 王明 atau orang lain?") == "id"


@pytest.mark.parametrize("text", ["", "12345", "???", "😀😀", "\u200f\u202e", "\x00\x07"])
def test_does_not_guess_where_nothing_tells(guess: LanguageGuess, text: str) -> None:
    assert guess(text) is None


def test_a_long_text_is_no_hindrance(guess: LanguageGuess) -> None:
    assert guess("apa syarat buka toko ya " * 200) == "id"
