"""Measures the search of any knowledge folder by its questions, beside plain methods."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from langchain_core.embeddings import Embeddings
from rich.console import Console
from rich.table import Table

from bot.app.folders import prompts_folder
from bot.backends.knowledge.decision import Decision
from bot.backends.knowledge.folder import check_folder
from bot.backends.knowledge.ranking import Ranking
from bot.backends.knowledge.spaces import units
from bot.backends.models import load_embeddings
from bot.settings import load_settings
from tests.benchmarks.converting import QUESTIONS
from tests.benchmarks.plain import plain_scores, rank_of_right
from tests.benchmarks.questions import Asked, read_questions
from tests.benchmarks.rankings import Tried, without

Array = np.ndarray[Any, Any]

_AT_ONCE = 16  # Texts.
_WRONG = 0.02  # Share of wrong answers at which right ones are compared.


@dataclass(frozen=True, slots=True)
class Judged:
    """The best cards of some questions: which are right, and by what they were judged."""

    is_right: Array
    confidence: Array
    score: Array


def main(
    folder: Annotated[Path, typer.Argument(help="A knowledge folder.")],
    questions: Annotated[
        Path | None, typer.Argument(help=f"Its questions; without it {QUESTIONS} in the folder.")
    ] = None,
) -> None:
    """Measure which card comes first, and whether the confidence holds, on any folder."""
    read = read_questions(questions or folder / QUESTIONS)
    measure(folder, [asked for asked in read if asked.is_answerable])


def measure(folder: Path, asked: Sequence[Asked]) -> None:
    content = check_folder(folder, today=datetime.now(UTC).date()).content
    console = Console(width=110)
    settings = load_settings().settings
    model = load_embeddings(settings.embeddings)
    console.print(f"{len(content.cards)} cards, {len(asked)} questions")
    tried = Tried.of(content, asked, model=model, prompts=prompts_folder(settings.prompts))
    rankings = tried.whole()
    right = np.array([tried.served.places[one.card] for one in asked])
    scores = _plain(tried, model)
    scores["Akar"] = np.array([ranking.scores for ranking in rankings])
    for title, chosen in _parts(asked).items():
        these = {name: values[chosen] for name, values in scores.items()}
        console.print(_ranks(these, right[chosen], title=title))
        some = [ranking for ranking, is_one in zip(rankings, chosen, strict=True) if is_one]
        console.print(_held(some, right[chosen], title=title))


def _parts(asked: Sequence[Asked]) -> dict[str, Array]:
    """Return all questions, and those that nothing was tuned on; whether each one is there."""
    is_kept = np.array([one.part == "report" for one in asked], dtype=bool)
    every = np.ones(len(asked), dtype=bool)
    parts = {f"all {len(asked)} questions": every, f"{is_kept.sum()} to report on": is_kept}
    return {title: chosen for title, chosen in parts.items() if chosen.any()}


def _plain(tried: Tried, model: Embeddings) -> dict[str, Array]:
    """Return what each plain method gives each card for each question."""
    documents = [
        "\n".join(f"{card.title}\n{card.text}" for card in versions.values())
        for versions in tried.served.cards.values()
    ]
    whole = _whole_vectors([tried.served.glossary(text) for text in documents], model)
    return plain_scores(documents, tried.texts, tried.embedded @ whole.T)


def _whole_vectors(documents: Sequence[str], model: Embeddings) -> Array:
    """Return the vectors of whole texts."""
    by_length = sorted(documents, key=len)  # A batch takes as long as its longest text for each.
    parts = [by_length[start : start + _AT_ONCE] for start in range(0, len(documents), _AT_ONCE)]
    made = [vector for part in parts for vector in model.embed_documents(part)]
    found = dict(zip(by_length, made, strict=True))
    return units(np.array([found[text] for text in documents], dtype=np.float32))


def _ranks(scores: dict[str, Array], right: Array, *, title: str) -> Table:
    table = Table("method", "right card first", "mean reciprocal rank", title=title)
    for name, values in scores.items():
        places = rank_of_right(values, right)
        table.add_row(name, f"{(places == 1).mean():.3f}", f"{(1 / places).mean():.3f}")
    return table


def _held(rankings: Sequence[Ranking], right: Array, *, title: str) -> Table:
    """Compare the confidence with the score of the best card alone."""
    table = Table(
        "questions",
        "best card right",
        "told apart by the confidence",
        "by the score alone",
        f"answered rightly at {_WRONG:.0%} wrong",
        "by the score alone",
        title=f"How well the confidence tells right cards from wrong ones, {title}",
    )
    answerable = _judged(rankings, right)
    away = [without(one, place) for one, place in zip(rankings, right, strict=True)]
    hidden = _judged(away, right)
    both = Judged(
        *(
            np.concatenate(pair)
            for pair in zip(
                (answerable.is_right, answerable.confidence, answerable.score),
                (hidden.is_right, hidden.confidence, hidden.score),
                strict=True,
            )
        )
    )
    for name, judged in (("all", answerable), ("and as many whose card was taken away", both)):
        table.add_row(
            name,
            f"{judged.is_right.mean():.1%}",
            f"{told_apart(judged.confidence, judged.is_right):.3f}",
            f"{told_apart(judged.score, judged.is_right):.3f}",
            f"{answered(judged.confidence, judged.is_right):.1%}",
            f"{answered(judged.score, judged.is_right):.1%}",
        )
    return table


def _judged(rankings: Sequence[Ranking], right: Array) -> Judged:
    decision = Decision.read()
    best = [next(ranking.best(1), 0) for ranking in rankings]
    told = [
        decision.confidence(ranking.state, ranking.evidence(place))
        for ranking, place in zip(rankings, best, strict=True)
    ]
    scores = [float(one.scores[place]) for one, place in zip(rankings, best, strict=True)]
    return Judged(np.array(best) == right, np.array(told), np.array(scores))


def told_apart(values: Array, is_right: Array) -> float:
    """Return how often a right one has more than a wrong one: 0.5 is chance."""
    places = np.argsort(np.argsort(values, kind="stable"), kind="stable") + 1.0
    right, wrong = int(is_right.sum()), int((~is_right).sum())
    above = float(places[is_right].sum()) - right * (right + 1) / 2
    return above / (right * wrong) if right and wrong else 1.0


def answered(values: Array, is_right: Array, *, wrong: float = _WRONG) -> float:
    """Return the most that are answered rightly while few of all are answered wrongly."""
    by_value = is_right[np.argsort(-values, kind="stable")]
    most = int(np.searchsorted(np.cumsum(~by_value), wrong * len(values), side="right"))
    return float(by_value[:most].sum() / len(values))
