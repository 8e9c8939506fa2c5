"""Fits the numbers of `decision.json` on the questions to tune on, and compares thresholds."""

import asyncio
import json
import zlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Self

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from bot.app.assembly import open_app
from bot.app.folders import prompts_folder
from bot.backends.knowledge.decision import FILE, Decision
from bot.backends.knowledge.folder import check_folder
from bot.backends.knowledge.ranking import Ranking
from bot.backends.knowledge.served import Served
from bot.backends.models import load_embeddings
from bot.settings import load_settings
from tests.benchmarks.converting import QUESTIONS
from tests.benchmarks.questions import FOLDER, Asked, read_questions
from tests.benchmarks.rankings import Ranker, Tried, without

Array = np.ndarray[Any, Any]

STATES = ("whole", "words")
WITHOUT_LINES = ("whole_without_lines", "words_without_lines")
SIGNS = ("chance", "nearness_lead", "resemblance", "similarity_lead")
"""What tells right from wrong where cards have no lines, however long questions and texts are."""
THRESHOLDS = (0.4, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9)
ENOUGH = (0.8, 0.86, 0.9, 0.93, 0.95, 0.97, 0.98, 0.99)
_FOLDS = 10
_PENALTY = 0.002  # L2, on features brought to deviation 1.
_HARD = 0.1  # What a question counts whose card was taken away, so that the next best is wrong.
_LINE = 0.1  # What a line counts that a card is asked for with, asked when it was taken away.
_OTHER = 2.0  # What a question counts that no card answers: there are few of them.
_HARD_WITHOUT_LINES = 0.3


@dataclass(frozen=True, slots=True)
class Found:
    """A question and the card that the search found first, if it found one."""

    asked: Asked
    card: str
    is_unknown: bool
    """The card says what is not known."""
    evidence: Mapping[str, float]
    weight: float = 1.0

    @classmethod
    def of(cls, asked: Asked, ranking: Ranking, unknown: Collection[str]) -> Self:
        place = next(ranking.best(1), None)
        weight = 1.0 if asked.is_answerable else _OTHER
        if place is None:
            return cls(asked, "", False, {}, weight)
        card = ranking.names[place]
        return cls(asked, card, card in unknown, ranking.evidence(place), weight)

    @property
    def is_right(self) -> bool:
        return self.card in self.asked.cards

    @property
    def teaches(self) -> bool:
        """Say whether it can be false: a card that says what is not known is an abstention."""
        return bool(self.card) and (self.asked.is_answerable or not self.is_unknown)


@dataclass(frozen=True, slots=True)
class State:
    """What one state of the search found for the questions, and what teaches beside them."""

    found: list[Found] = field(default_factory=list)
    beside: list[Found] = field(default_factory=list)
    """The questions with their cards taken away, and lines of cards, each taken away itself."""

    hard_weight: float = _HARD

    def add(self, asked: Asked, ranking: Ranking, served: Served, unknown: Collection[str]) -> None:
        """Note what was found for a question."""
        self.found.append(Found.of(asked, ranking, unknown))
        if asked.is_answerable:
            away = Found.of(asked, without(ranking, served.places[asked.card]), unknown)
            if not away.is_unknown:  # That is an abstention, and right.
                self.beside.append(replace(away, weight=self.hard_weight))

    def add_line(self, asked: Asked, ranking: Ranking, unknown: Collection[str]) -> None:
        """Note what was found for a line."""
        self.beside.append(replace(Found.of(asked, ranking, unknown), weight=_LINE))


def main(
    questions: Annotated[Path, typer.Argument(help="A file or folder of questions.")] = FOLDER,
    without_lines: Annotated[
        Path | None,
        typer.Option(help="Fit it for cards that nobody wrote lines for, too, of this folder."),
    ] = None,
    write: Annotated[bool, typer.Option(help="Keep the fitted numbers.")] = False,
) -> None:
    """Fit the probability that the best card answers, and compare thresholds."""
    asked = read_questions(questions)
    states = asyncio.run(search_all(asked))
    show_spared(states["whole"], states["words"], Decision.read())
    if without_lines:
        states |= search_without_lines(asked, without_lines)
    fitted = {name: report(name, state) for name, state in states.items()}
    if write:
        values = json.loads(FILE.read_text(encoding="utf-8"))
        values["weights"] |= fitted
        FILE.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")


async def search_all(questions: Sequence[Asked]) -> dict[str, State]:
    """Search for questions in both states of the search."""
    async with open_app(load_settings().settings) as app:
        await app.make_live(on_progress=lambda _done, _total: None)
        ranker = await Ranker.of(app)
        unknown = {card.name for card in ranker.served.content.cards if card.unknown}
        states = {name: State() for name in STATES}
        for asked in questions:
            for ranking in ranker.states(asked):
                states[ranking.state].add(asked, ranking, ranker.served, unknown)
        for asked, ranking in ranker.lines(prompts_folder(load_settings().settings.prompts)):
            states[ranking.state].add_line(asked, ranking, unknown)
        return states


def search_without_lines(questions: Sequence[Asked], folder: Path) -> dict[str, State]:
    """Search the own folder without its lines, and another one that has none."""
    settings = load_settings().settings
    model, prompts = load_embeddings(settings.embeddings), prompts_folder(settings.prompts)
    today = datetime.now(UTC).date()
    own = check_folder(settings.knowledge, today=today).content
    bare = replace(own, cards=tuple(replace(card, asked=()) for card in own.cards))
    other = check_folder(folder, today=today).content
    found = [
        tried_states(Tried.of(content, asked, model=model, prompts=prompts))
        for content, asked in ((bare, questions), (other, read_questions(folder / QUESTIONS)))
    ]
    return {
        name: State(
            [one for states in found for one in states[name].found],
            [one for states in found for one in states[name].beside],
        )
        for name in WITHOUT_LINES
    }


def tried_states(tried: Tried) -> dict[str, State]:
    """Return what was found without lines, by the whole search and by the words alone."""
    unknown = {card.name for card in tried.served.content.cards if card.unknown}
    rankings = zip(WITHOUT_LINES, (tried.whole(), tried.words()), strict=True)
    states = {name: State(hard_weight=_HARD_WITHOUT_LINES) for name in WITHOUT_LINES}
    for name, ranked in rankings:
        for asked, ranking in zip(tried.asked, ranked, strict=True):
            states[name].add(asked, ranking, tried.served, unknown)
    return states


def report(name: str, state: State) -> dict[str, float]:
    """Fit on one part, show both, and return the weights.

    The part to tune on is judged by weights that were fitted without the card in question.
    """
    tuned = [one for one in state.found if one.asked.part == "tune"]
    beside = [one for one in state.beside if one.asked.part == "tune"]
    told = {name for one in state.found for name in one.evidence} - {"said", "lacking"}
    evidence = sorted(told.intersection(SIGNS) if name in WITHOUT_LINES else told)
    weights = fit([*tuned, *beside], evidence)
    _show(f"{name}, tuned on", tuned, _honest(tuned, beside, evidence))
    kept = [one for one in state.found if one.asked.part == "report"]
    _show(f"{name}, reported on", kept, probabilities(kept, evidence, weights))
    named = {"bias": weights[0], **dict(zip(evidence, weights[1:], strict=True))}
    return {name: round(float(value), 3) for name, value in named.items()}


def show_spared(whole: State, words: State, decision: Decision) -> None:
    """Show for how many questions the words alone are enough, and where the meaning says else."""
    told = np.array(
        [decision.confidence("words", one.evidence) if one.card else 0.0 for one in words.found]
    )
    pairs = zip(whole.found, words.found, strict=True)
    is_other = np.array([both.card != alone.card for both, alone in pairs])
    table = Table("enough", "by words alone", "another card", title="what the words are sure of")
    for enough in ENOUGH:
        spared = told >= enough
        others = str(int((spared & is_other).sum()))
        table.add_row(f"{enough:.2f}", f"{spared.sum()} ({spared.mean():.1%})", others)
    Console(width=120).print(table)


def fit(found: Sequence[Found], names: Sequence[str]) -> Array:
    """Return the weights, the bias first."""
    taught = [one for one in found if one.teaches]
    right = np.array([float(one.is_right) for one in taught])
    return _logistic(_rows(taught, names), right, np.array([one.weight for one in taught]))


def probabilities(found: Sequence[Found], names: Sequence[str], weights: Array) -> Array:
    """Return the probability of each best card; 0 where there is none."""
    rows = _rows(found, names)
    odds = weights[0] + rows @ weights[1:]
    return np.where([bool(one.card) for one in found], 1 / (1 + np.exp(-odds)), 0.0)


def _honest(found: Sequence[Found], beside: Sequence[Found], names: Sequence[str]) -> Array:
    """Return each question's probability by weights that were fitted without its card."""
    folds, others = (np.array([_fold(one.asked) for one in part]) for part in (found, beside))
    honest = np.zeros(len(found))
    for fold in range(_FOLDS):
        rest = [*_of(found, folds != fold), *_of(beside, others != fold)]
        these = _of(found, folds == fold)
        honest[folds == fold] = probabilities(these, names, fit(rest, names))
    return honest


def _fold(asked: Asked) -> int:
    key = asked.card if asked.is_answerable else asked.text
    return zlib.crc32(key.encode()) // 2 % _FOLDS


def _of(found: Sequence[Found], chosen: Array) -> list[Found]:
    return [one for one, is_chosen in zip(found, chosen, strict=True) if is_chosen]


def _rows(found: Sequence[Found], names: Sequence[str]) -> Array:
    return np.array([[one.evidence.get(name, 0.0) for name in names] for one in found])


def _logistic(rows: Array, right: Array, weight: Array) -> Array:
    """Fit by Newton's method: the first weight is the bias."""
    mean, deviation = rows.mean(axis=0), rows.std(axis=0) + 1e-9
    design = np.column_stack([np.ones(len(rows)), (rows - mean) / deviation])
    penalty = np.diag([0.0, *[_PENALTY * len(rows)] * rows.shape[1]])
    weights = np.zeros(design.shape[1])
    for _ in range(50):
        guess = 1 / (1 + np.exp(-design @ weights))
        gradient = design.T @ (weight * (guess - right)) + penalty @ weights
        curvature = (design * (weight * guess * (1 - guess))[:, None]).T @ design + penalty
        weights = weights - np.linalg.solve(curvature + 1e-9 * np.eye(len(weights)), gradient)
    slopes = weights[1:] / deviation
    return np.concatenate([[weights[0] - slopes @ mean], slopes])


def _show(title: str, found: Sequence[Found], told: Array) -> None:
    answerable = [one for one in found if one.asked.is_answerable]
    first = sum(one.is_right for one in answerable)
    title = (
        f"{title}: right card first {first} of {len(answerable)} ({first / len(answerable):.1%})"
    )
    table = Table("threshold", "right", "wrong", "missed", "false answers", title=title)
    for threshold in THRESHOLDS:
        table.add_row(f"{threshold:.2f}", *_counts(found, told >= threshold))
    Console(width=120).print(table)


def _counts(found: Sequence[Found], told: Array) -> list[str]:
    pairs = list(zip(found, told.tolist(), strict=True))
    answerable = [(one, is_told) for one, is_told in pairs if one.asked.is_answerable]
    others = [is_told and one.teaches for one, is_told in pairs if not one.asked.is_answerable]
    right = sum(is_told and one.is_right for one, is_told in answerable)
    wrong = sum(is_told and not one.is_right for one, is_told in answerable)
    missed = len(answerable) - right - wrong
    total, out = max(len(answerable), 1), max(len(others), 1)
    return [
        *(f"{count} ({count / total:.1%})" for count in (right, wrong, missed)),
        f"{sum(others)} ({sum(others) / out:.1%})",
    ]
