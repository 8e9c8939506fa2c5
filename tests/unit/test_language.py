"""Indonesian, English and Chinese are told apart, as people type them."""

from pathlib import Path

import pytest

from bot.backends import language
from bot.backends.language import LanguageGuess
from bot.backends.prompts import read_phrases
from tests.conftest import ROOT

PHRASES = read_phrases(ROOT / "prompts")


@pytest.fixture(scope="module")
def guess() -> LanguageGuess:
    return LanguageGuess(PHRASES)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the statistics were kept once."""
    folder = tmp_path_factory.mktemp("data")
    LanguageGuess(PHRASES, kept=folder).load()
    return folder


def test_what_is_kept_tells_as_much(guess: LanguageGuess, kept: Path) -> None:
    again = LanguageGuess(PHRASES, kept=kept)

    for text in ("gmn cara daftar seller", "Can I still sell from Shenzhen?", "batik murah"):
        assert again(text) == guess(text)


def test_what_is_kept_is_not_unpacked_again(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language, "_unpacked", None)

    assert LanguageGuess(PHRASES, kept=kept)("seller center error terus") == "id"


@pytest.mark.parametrize("left", [0, 100])
def test_what_is_damaged_is_made_again(kept: Path, tmp_path: Path, left: int) -> None:
    [whole] = kept.iterdir()
    damaged = tmp_path / whole.name
    damaged.write_bytes(whole.read_bytes()[:left])

    assert LanguageGuess(PHRASES, kept=tmp_path)("tokopedia seller registration") == "en"

    assert damaged.stat().st_size == whole.stat().st_size


def test_only_what_this_version_reads_is_kept(tmp_path: Path) -> None:
    (tmp_path / "language-0.0.1.npz").write_bytes(b"of an older version")

    LanguageGuess(PHRASES, kept=tmp_path).load()

    assert len(list(tmp_path.iterdir())) == 1


def test_where_nothing_can_be_kept_languages_are_told_apart_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")

    assert LanguageGuess(PHRASES, kept=tmp_path / "file")("gmn cara daftar seller") == "id"


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


@pytest.mark.parametrize("text", ["asdfgh", "zxcvb qwrtp", "NPWP", "lzd brp"])
def test_is_not_told_by_words_that_nobody_can_say(guess: LanguageGuess, text: str) -> None:
    assert guess(text) is None
