"""What the measurements of answers and of search count, on a few questions."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from bot.backends.knowledge.folder import check_folder
from tests.benchmarks.__main__ import app
from tests.benchmarks.answers import Answered
from tests.benchmarks.foreign import answered, told_apart
from tests.benchmarks.plain import rank_of_right
from tests.benchmarks.questions import Asked, read_questions
from tests.benchmarks.reliability import bands, draw
from tests.fakes import TODAY

PASSAGES = [
    "Gunung Kerinci berada di perbatasan Jambi dan Sumatera Barat.",
    "Kereta pertama di Jawa berjalan dari Semarang ke Tanggung pada 1867.",
    "Kopi Gayo ditanam di dataran tinggi Aceh {tengah}.",
]
QUESTIONS = ["Di mana Gunung Kerinci?", "Kereta pertama berjalan dari mana?", "kopi gayo dr mana"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A knowledge folder of three passages."""
    _write(tmp_path / "p.jsonl", [{"passage": i, "text": text} for i, text in enumerate(PASSAGES)])
    _write(tmp_path / "q.jsonl", [{"passage": i, "question": q} for i, q in enumerate(QUESTIONS)])
    made = tmp_path / "made"
    files = [str(tmp_path / "p.jsonl"), str(tmp_path / "q.jsonl"), str(made)]
    assert CliRunner().invoke(app, ["convert", *files]).exit_code == 0
    return made


def _write(path: Path, rows: list[dict[str, object]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def test_passages_become_a_folder_without_mistakes(folder: Path) -> None:
    checked = check_folder(folder, today=TODAY)

    assert checked.mistakes == ()
    assert [card.text for card in checked.content.cards] == PASSAGES
    asked = read_questions(folder / "questions.jsonl")
    assert [one.card for one in asked] == [card.name for card in checked.content.cards]


@pytest.mark.timeout(60)
def test_the_search_of_a_foreign_folder_is_compared_with_plain_methods(folder: Path) -> None:
    result = CliRunner().invoke(app, ["search", str(folder)])

    assert result.exit_code == 0, result.output
    (ours,) = [line for line in result.output.splitlines() if "Akar" in line]
    assert "1.000" in ours


def asked(card: str, *tags: str) -> Asked:
    return Asked("1", "?", card, None, tags, "first")


def result(card: str, *told: str) -> Answered:
    outcome = "answer" if told else "abstain"
    return Answered(asked(card), told, told, outcome, "", 0.0, is_unknown=False)


def test_an_answer_is_right_wrong_missed_or_false() -> None:
    results = [
        result("a#1", "a#1"),
        result("a#1", "a#2", "a#1"),
        result("a#1", "a#2"),
        result("a#1"),
        result("abstain", "a#1"),
        result("abstain"),
    ]

    verdicts = ["right", "right", "wrong", "missed", "false answer", "rightly none"]
    assert [one.verdict for one in results] == verdicts


def test_a_rank_counts_those_that_come_before() -> None:
    scores = np.array([[0.1, 0.9, 0.5], [0.5, 0.5, 0.5]])

    assert rank_of_right(scores, np.array([2, 1])).tolist() == [2, 2]


def test_what_is_right_and_surer_is_told_apart() -> None:
    values, right = np.array([0.9, 0.8, 0.2, 0.1]), np.array([True, False, True, False])

    assert told_apart(values, right) == 0.75
    assert told_apart(values, ~right) == 0.25
    assert answered(values, right, wrong=0.25) == 0.5
    assert answered(values, right, wrong=0.0) == 0.25


def test_the_curve_is_drawn_by_tenths(tmp_path: Path) -> None:
    found = bands([0.05, 0.95, 1.0], [False, True, False])

    assert [(band.right, band.questions) for band in found] == [(0.0, 1), (0.5, 2)]
    draw(found, tmp_path / "curve.svg")
    assert (tmp_path / "curve.svg").read_text(encoding="utf-8").count("<circle") == 2


def test_no_question_of_a_card_is_in_both_parts() -> None:
    parts: dict[str, set[str]] = {}
    for one in read_questions():
        if one.is_answerable and not {"blind", "seen"}.intersection(one.tags):
            parts.setdefault(one.card, set()).add(one.part)

    assert {len(of_card) for of_card in parts.values()} == {1}


def test_every_question_of_the_bank_has_a_register() -> None:
    assert [one.id for one in read_questions() if one.register == "untagged"] == []


def test_another_card_that_holds_the_whole_answer_is_right_too() -> None:
    either = asked("a#1", "everyday", "also:b#1")
    told = [("b#1",), ("a#1",), ("c#1",)]

    results = [
        Answered(either, cards, cards, "answer", cards[0], 0.9, is_unknown=False) for cards in told
    ]
    assert [one.verdict for one in results] == ["right", "right", "wrong"]
    assert [one.is_best_right for one in results] == [True, True, False]
