"""Measures the search of any knowledge folder by its questions, beside plain methods."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from bot.app.folders import prompts_folder
from bot.backends.knowledge.decision import Decision
from bot.backends.knowledge.folder import check_folder
from bot.backends.knowledge.groups import question_vectors
from bot.backends.knowledge.ranking import Ranking
from bot.backends.knowledge.search import as_embedded, rank
from bot.backends.knowledge.served import Served
from bot.backends.knowledge.texts import TextVectors
from bot.backends.language import LanguageGuess
from bot.backends.models import load_embeddings
from bot.backends.prompts import read_phrases
from bot.core.messages import DEFAULT_LANGUAGE, Language
from bot.settings import load_settings
from tests.benchmarks.converting import QUESTIONS
from tests.benchmarks.plain import plain_scores, rank_of_right
from tests.benchmarks.questions import Asked, read_questions
from tests.benchmarks.rankings import without

Array = np.ndarray[Any, Any]

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
    model = load_embeddings(load_settings().settings.embeddings)
    console.print(f"{len(content.cards)} cards, {len(asked)} questions")
    vectors = TextVectors.of(content, lambda: model, known={})
    served = Served.of(content)
    spoken = _languages(asked)
    texts = [
        as_embedded(one.text, language, served.glossary)
        for one, language in zip(asked, spoken, strict=True)
    ]
    embedded = question_vectors(texts, model)
    rankings = [
        rank(served, one.text, language, vectors.similarities(vector))
        for one, language, vector in track(
            list(zip(asked, spoken, embedded, strict=True)), "ranking", console=Console(stderr=True)
        )
    ]
    right = np.array([served.places[one.card] for one in asked])
    console.print(_ranks(_all_scores(vectors, served, texts, embedded, rankings), right))
    console.print(_held(rankings, right))


def _languages(asked: Sequence[Asked]) -> list[Language]:
    guess = LanguageGuess(read_phrases(prompts_folder(load_settings().settings.prompts)))
    return [one.language or guess(one.text) or DEFAULT_LANGUAGE for one in asked]


def _all_scores(
    vectors: TextVectors,
    served: Served,
    texts: Sequence[str],
    embedded: Array,
    rankings: Sequence[Ranking],
) -> dict[str, Array]:
    """Return what each method gives each card for each question, ours last."""
    documents = [
        "\n".join(f"{card.title}\n{card.text}" for card in versions.values())
        for versions in served.cards.values()
    ]
    longest = {text.card: place for place, text in enumerate(vectors.texts)}  # They are last.
    dense = embedded @ vectors.matrix[[longest[name] for name in served.places]].T
    ours = np.array([ranking.scores for ranking in rankings])
    return {**plain_scores(documents, texts, dense), "Akar": ours}


def _ranks(scores: dict[str, Array], right: Array) -> Table:
    table = Table("method", "right card first", "mean reciprocal rank")
    for name, values in scores.items():
        places = rank_of_right(values, right)
        table.add_row(name, f"{(places == 1).mean():.3f}", f"{(1 / places).mean():.3f}")
    return table


def _held(rankings: Sequence[Ranking], right: Array) -> Table:
    """Compare the confidence with the score of the best card alone."""
    table = Table(
        "questions",
        "best card right",
        "told apart by the confidence",
        "by the score alone",
        f"answered rightly at {_WRONG:.0%} wrong",
        "by the score alone",
        title="How well the confidence tells right cards from wrong ones",
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
