"""Every kind of expectation, right and wrong, against one recorded exchange."""

from pathlib import Path
from typing import Any

import pytest

from bot.channels.scripts.expectations import KINDS, Report, Seen, seen, unmet
from bot.channels.scripts.grounds import key_words, ungrounded
from bot.channels.scripts.reading import read_scripts

BODY = "Siapkan KTP dan Rp5.000 sebelum 17 Agustus 2030, lihat https://kabar.example/kios."

SENT: list[dict[str, Any]] = [
    {"n": 1, "ok": True, "method": "answerCallbackQuery", "params": {"text": "Terima kasih"}},
    {"n": 2, "ok": True, "method": "sendPhoto", "params": {}},
    {
        "n": 3,
        "ok": True,
        "method": "sendMessage",
        "params": {},
        "text": BODY,
        "buttons": [["Lihat sumber", "👍"]],
    },
    {"n": 4, "ok": False, "method": "sendMessage", "params": {}, "text": "pisang"},
]

REPORT = Report(
    {
        "outcome": "answer",
        "language": "id",
        "card": "kios#surat",
        "sources": [{"card": "kios#surat"}],
        "verdicts": [
            {"product": "batik", "status": "closed", "cluster": "crafts", "confidence": 0.9},
            {"product": "sepatu", "status": "unclear", "cluster": None, "confidence": 0.5},
        ],
        "body": BODY,
    },
    grounds=("siapkan ktp, 5,000, 17 Agustus 2030", "https://kabar.example/kios"),
    recorded="gap",
)

RIGHT = {
    "outcome": "answer",
    "language": "id",
    "card": "kios#surat",
    "says": "[KTP, ' rp5.000   SEBELUM ']",
    "says_any": "[pisang, KTP]",
    "never": "[pisang]",
    "matches": "'Rp\\d+'",
    "cites": "['kios#surat']",
    "verdict": "[{product: batik, status: closed, cluster: crafts}, {cluster: 'null'}]",
    "buttons": "[lihat sumber]",
    "toast": "terima kasih",
    "picture": "true",
    "max_chars": "82",
    "max_messages": "1",
    "within_ms": "120",
    "grounded": "true",
    "recorded": "gap",
    "staff_chat": "[tiket, ' dua   LOKET']",
}

WRONG = {
    "outcome": "abstain",
    "language": "en",
    "card": "kios#jam",
    "says": "[KTP, pisang]",
    "says_any": "[pisang, jambu]",
    "never": "[pisang, ktp]",
    "matches": "'Rp\\d{2}'",
    "cites": "['kios#surat', 'kios#jam']",
    "verdict": "{status: not_listed}",
    "buttons": "[Lihat]",
    "toast": "Maaf",
    "max_chars": "81",
    "within_ms": "119",
    "staff_chat": "[tiket, pisang]",
}


def came(**changes: Any) -> Seen:
    """What came in the exchange, and 120 milliseconds after the question."""
    staff = ("Tiket #3", "dua loket")
    sent, report = changes.get("sent", SENT), changes.get("report", REPORT)
    return seen(sent, report, milliseconds=120, staff_texts=staff)


def missed(folder: Path, bot: str, exchange: Seen) -> list[tuple[str, str]]:
    """The names and values of a script's expectations that do not hold."""
    path = folder / "script.yaml"
    path.write_text(f"conversation: a\nturns:\n  - user: b\n    bot: {bot}\n", encoding="utf-8")
    [conversation] = read_scripts([path]).conversations
    return [
        (each.name, each.expected) for each in unmet(conversation.steps[0].expected or (), exchange)
    ]


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_as_written_holds(tmp_path: Path, name: str) -> None:
    assert missed(tmp_path, f"{{{name}: {RIGHT[name]}}}", came()) == []


@pytest.mark.parametrize("name", WRONG)
def test_a_planted_wrong_expectation_fails(tmp_path: Path, name: str) -> None:
    found = missed(tmp_path, f"{{{name}: {WRONG[name]}}}", came())

    assert [kind for kind, _ in found] == [name]


def test_a_picture_that_did_not_come_is_missed(tmp_path: Path) -> None:
    assert missed(tmp_path, "{picture: true}", came(sent=SENT[2:])) == [("picture", "true")]


def test_a_message_too_many_is_missed(tmp_path: Path) -> None:
    twice = came(sent=[*SENT, SENT[2]])

    assert missed(tmp_path, "{max_messages: 1}", twice) == [("max_messages", "1")]


def test_what_is_not_recorded_is_missed(tmp_path: Path) -> None:
    silent = Report(REPORT.turn, REPORT.grounds)

    assert missed(tmp_path, "{recorded: gap}", came(report=silent)) == [("recorded", "gap")]


@pytest.mark.parametrize(
    "lacking", ["siapkan ktp, 5,000, 17 Agustus", "siapkan ktp, 17 Agustus 2030", "5000 2030 17"]
)
def test_an_answer_with_something_that_stands_in_no_card_is_missed(
    tmp_path: Path, lacking: str
) -> None:
    report = Report(REPORT.turn, grounds=(lacking, "https://kabar.example/kios"))

    assert missed(tmp_path, "{grounded: true}", came(report=report)) == [("grounded", "true")]


def test_silence_is_missed_when_something_came(tmp_path: Path) -> None:
    assert missed(tmp_path, "silent", came()) == [("silent", "silent")]
    assert missed(tmp_path, "silent", came(sent=[])) == []


def test_only_the_words_that_are_missing_are_missed(tmp_path: Path) -> None:
    assert missed(tmp_path, "{says: [KTP, pisang]}", came()) == [("says", "pisang")]
    assert missed(tmp_path, "{says_any: [jambu, pisang]}", came()) == [
        ("says_any", "jambu | pisang")
    ]


def test_there_is_a_wrong_one_for_every_kind() -> None:
    tested_alone = {"picture", "max_messages", "recorded", "grounded", "silent"}

    assert WRONG.keys() | tested_alone == KINDS.keys()


@pytest.mark.parametrize(
    ("body", "loose"),
    [
        ("Bawa Surat Jalan ke kios.", ["Jalan"]),
        ("Bayar 7,5% di loket.", ["7,5"]),
        ("Lihat https://lain.example/a.", ["https://lain.example/a"]),
        ("Bawa surat ke kios. Loket buka pagi:\n• Datang awal", []),
        ("Urus di OSS.", ["OSS"]),
    ],
)
def test_numbers_links_and_names_are_told_from_the_rest(body: str, loose: list[str]) -> None:
    assert ungrounded(body, ["Surat dibawa ke kios", "loket 3"]) == loose


def test_chinese_names_are_told_by_their_marks_and_ends() -> None:
    grounds = ["印尼贸易部公布了《第31号条例》。", "请咨询来赞达平台"]

    assert ungrounded("贸易部的《第31号条例》，见来赞达平台", grounds) == []
    assert ungrounded("财政部的《第32号规定》", grounds) == ["32", "财政部", "第32号规定"]


def test_key_words_are_numbers_with_their_neighbours_and_the_beginning() -> None:
    text = "Siapkan dua berkas ini dulu\n• biaya Rp5.000 sekali\n• buka 08.00"

    assert key_words(text) == ["Rp5.000 sekali", "buka 08.00", "Siapkan dua berkas ini"]
    assert key_words("") == []
