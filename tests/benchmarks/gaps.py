"""Shows how alike questions must be to be one gap, and below which confidence answers are doubtful.

Questions with one card mean the same by somebody's judgement; those without a card are what gaps
are made of, and the groups they fall into are printed to be read.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from bot.app.assembly import App, open_app
from bot.backends.knowledge.groups import ALIKE, grouped, question_vectors, scale_of
from bot.backends.knowledge.search import as_embedded
from bot.backends.knowledge.spaces import Array
from bot.backends.knowledge.words import Glossary
from bot.core.messages import DEFAULT_LANGUAGE
from bot.settings import load_settings
from tests.benchmarks.questions import FOLDER, Asked, read_questions

_LIKENESSES = (0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7)
_BANDS = (0.0, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1.01)


@dataclass(frozen=True, slots=True)
class Compared:
    """Questions, and how alike they are."""

    asked: list[Asked]
    likeness: Array

    def groups(self, alike: float) -> list[list[Asked]]:
        found = grouped(self.likeness, alike=alike)
        return [[self.asked[place] for place in places] for places in found]


def main(
    questions: Annotated[Path, typer.Argument(help="A file or folder of questions.")] = FOLDER,
) -> None:
    """Group questions at several likenesses, and count right answers by their confidence."""
    asyncio.run(_measure(read_questions(questions)))


async def _measure(asked: Sequence[Asked]) -> None:
    console = Console(width=120)
    async with open_app(load_settings().settings) as app:
        await app.make_live(on_progress=lambda _done, _total: None)
        console.print(await _bands(app, asked))
        with_card = await _compared(app, [one for one in asked if one.is_answerable])
        console.print(_likenesses(with_card))
        without = await _compared(app, [one for one in asked if not one.is_answerable])
        for group in without.groups(ALIKE):
            if len(group) > 1:
                console.print("  · " + " | ".join(one.text for one in group), markup=False)


async def _compared(app: App, asked: list[Asked]) -> Compared:
    live = await app.knowledge.versions.live()
    assert live is not None
    glossary = Glossary((await app.knowledge.versions.content(live)).glossary)
    languages = [one.language or app.guess(one.text) or DEFAULT_LANGUAGE for one in asked]
    texts = [
        as_embedded(one.text, language, glossary)
        for one, language in zip(asked, languages, strict=True)
    ]
    model = app.knowledge.embeddings(live.embeddings)
    vectors = await asyncio.to_thread(question_vectors, texts, model)
    collections = await app.knowledge.indexes()
    scale = scale_of(*collections.rows(live.name))
    return Compared(asked, scale(vectors @ vectors.T))


async def _bands(app: App, asked: Sequence[Asked]) -> Table:
    """Count the best cards that are right, by the confidence they were found with."""
    found = [(one, await app.search(one.text, language=one.language, limit=1)) for one in asked]
    table = Table("confidence", "questions", "best card right", title="how sure is sure")
    for low, high in pairwise(_BANDS):
        inside = [
            best[0].card == one.card or (best[0].unknown and not one.is_answerable)
            for one, best in found
            if best and low <= best[0].confidence < high
        ]
        right = f"{sum(inside) / len(inside):.1%}" if inside else "-"
        table.add_row(f"{low:.2f} to {min(high, 1.0):.2f}", str(len(inside)), right)
    return table


def _likenesses(compared: Compared) -> Table:
    table = Table("alike", "groups", "pairs", "of one card", "of one file", "card's pairs found")
    cards = _pairs(
        [[one for one in compared.asked if one.card == card] for card in _cards(compared)]
    )
    for alike in _LIKENESSES:
        groups = compared.groups(alike)
        pairs = _pairs(groups)
        same = sum(one.card == other.card for one, other in pairs)
        near = sum(_file(one) == _file(other) for one, other in pairs)
        shares = (same / len(pairs), near / len(pairs), same / len(cards)) if pairs else ()
        counts = (str(len(groups)), str(len(pairs)))
        table.add_row(f"{alike:.2f}", *counts, *(f"{share:.1%}" for share in shares))
    return table


def _pairs(groups: Sequence[Sequence[Asked]]) -> list[tuple[Asked, Asked]]:
    return [pair for group in groups for pair in combinations(group, 2)]


def _cards(compared: Compared) -> list[str]:
    return list(dict.fromkeys(one.card for one in compared.asked))


def _file(asked: Asked) -> str:
    return asked.card.partition("#")[0]
