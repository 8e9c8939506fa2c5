"""Fits the numbers of `decision.json`, and shows what answering costs at each threshold."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from bot.app.assembly import open_app
from bot.backends.knowledge.decision import FILE
from bot.core.messages import Passage
from bot.settings import load_settings
from tests.benchmarks.questions import FOLDER, Asked, read_questions

FEATURES = {
    "whole": (
        "similarity",
        "lead",
        "coverage",
        "unheard",
        "rival",
        "agreement",
        "margin",
        "strength",
    ),
    "words": ("coverage", "unheard", "rival", "lead", "strength"),
}
_FOLDS = 10
_PENALTY = 0.002  # L2, on features brought to deviation 1.


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found for a question."""

    asked: Asked
    best: Passage | None

    @property
    def is_right(self) -> bool:
        if self.best is None:
            return False
        # A card that says what is not known is told as an abstention.
        is_abstention = not self.asked.is_answerable and self.best.unknown
        return is_abstention or self.best.card == self.asked.card


def main(
    questions: Annotated[Path, typer.Argument(help="A file or folder of questions.")] = FOLDER,
    write: Annotated[bool, typer.Option(help="Keep the fitted numbers.")] = False,
) -> None:
    """Fit the probability that the best card answers, and compare thresholds."""
    asked = read_questions(questions)
    fitted = {}
    for state, names in FEATURES.items():
        found = asyncio.run(_search_all(asked, with_vectors=state == "whole"))
        fitted[state], honest = _fit(found, names)
        _report(state, found, honest)
    if write:
        values = json.loads(FILE.read_text(encoding="utf-8"))
        values["weights"] = fitted
        FILE.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")


async def _search_all(questions: Sequence[Asked], *, with_vectors: bool) -> list[Found]:
    async with open_app(load_settings().settings) as app:
        await app.make_live(on_progress=lambda _done, _total: None)
        if not with_vectors:
            await app.knowledge.open_words()
        found = []
        for asked in questions:
            passages = await app.search(asked.text, language=asked.language, limit=10)
            found.append(Found(asked, passages[0] if passages else None))
        return found


def _fit(found: Sequence[Found], names: Sequence[str]) -> tuple[dict[str, float], list[float]]:
    """Return the weights, and each question's probability by weights fitted without it."""
    rows = np.array([_features(one, names) for one in found])
    right = np.array([float(one.is_right) for one in found])
    honest = np.zeros(len(found))
    folds = np.random.default_rng(0).permutation(len(found)) % _FOLDS
    for fold in range(_FOLDS):
        weights = _logistic(rows[folds != fold], right[folds != fold])
        honest[folds == fold] = _probability(rows[folds == fold], weights)
    weights = _logistic(rows, right)
    named = {"bias": weights[0], **dict(zip(names, weights[1:], strict=True))}
    return {name: round(float(value), 3) for name, value in named.items()}, honest.tolist()


def _features(found: Found, names: Sequence[str]) -> list[float]:
    evidence = dict(found.best.evidence) if found.best else {}
    return [evidence.get(name, 0.0) for name in names]


def _logistic(rows: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Fit by Newton's method: the first weight is the bias."""
    mean, deviation = rows.mean(axis=0), rows.std(axis=0) + 1e-9
    design = np.column_stack([np.ones(len(rows)), (rows - mean) / deviation])
    penalty = np.diag([0.0, *[_PENALTY * len(rows)] * rows.shape[1]])
    weights = np.zeros(design.shape[1])
    for _ in range(50):
        guess = 1 / (1 + np.exp(-design @ weights))
        gradient = design.T @ (guess - right) + penalty @ weights
        curvature = (design * (guess * (1 - guess))[:, None]).T @ design + penalty
        weights = weights - np.linalg.solve(curvature + 1e-9 * np.eye(len(weights)), gradient)
    slopes = weights[1:] / deviation
    return np.concatenate([[weights[0] - slopes @ mean], slopes])


def _probability(rows: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-(weights[0] + rows @ weights[1:]))))


def _report(state: str, found: Sequence[Found], honest: Sequence[float]) -> None:
    console = Console(width=120)
    answerable = [one for one in found if one.asked.is_answerable]
    first = sum(one.is_right for one in answerable)
    title = (
        f"{state}: right card first {first} of {len(answerable)} ({first / len(answerable):.1%})"
    )
    table = Table("threshold", "right", "wrong", "missed", "false answers", title=title)
    for threshold in (0.3, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9):
        table.add_row(f"{threshold:.2f}", *_counts(found, honest, threshold))
    console.print(table)
    worst = sorted(zip(honest, found, strict=True), key=lambda pair: -pair[0])
    for probability, one in [pair for pair in worst if not pair[1].is_right][:25]:
        best = one.best.card if one.best else "-"
        console.print(f"  {probability:.2f} {one.asked.text!r}: {best}, not {one.asked.card}")
    missed = [(p, one) for p, one in worst[::-1] if one.is_right][:15]
    for probability, one in missed:
        console.print(f"  {probability:.2f} missed {one.asked.text!r}: {one.asked.card}")


def _counts(found: Sequence[Found], honest: Sequence[float], threshold: float) -> list[str]:
    told = [probability >= threshold for probability in honest]
    pairs = list(zip(found, told, strict=True))
    answerable = [(one, is_told) for one, is_told in pairs if one.asked.is_answerable]
    others = [is_told and not one.is_right for one, is_told in pairs if not one.asked.is_answerable]
    right = sum(is_told and one.is_right for one, is_told in answerable)
    wrong = sum(is_told and not one.is_right for one, is_told in answerable)
    missed = sum(not is_told for _, is_told in answerable)
    total, out = max(len(answerable), 1), max(len(others), 1)
    return [
        *(f"{count} ({count / total:.1%})" for count in (right, wrong, missed)),
        f"{sum(others)} ({sum(others) / out:.1%})",
    ]
