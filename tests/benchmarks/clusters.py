"""Asks about products as an overseas seller would, and counts right, wrong and open verdicts."""

import asyncio
import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from bot.app.assembly import App, open_app
from bot.backends.knowledge.clusters import ClustersEntry, Named, clusters_of, names_of
from bot.backends.knowledge.decision import Decision
from bot.backends.knowledge.folder import check_folder
from bot.backends.knowledge.products import ProductModel, ProductSorter
from bot.channels.objects import described
from bot.core.clusters import Clusters
from bot.settings import load_settings
from tests.benchmarks.questions import FOLDER

PRODUCTS = FOLDER / "products" / "known.jsonl"
_FIFTHS = 5
_CLOSED = "closed"
_NOT_LISTED = "not_listed"
_UNCLEAR = "unclear"
_PLACES = {"none": _NOT_LISTED}


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about products, with the verdicts that are right."""

    text: str
    language: str
    kind: str
    places: tuple[str, ...]
    """For each product its cluster, `not_listed` or `unclear`."""


@dataclass(frozen=True, slots=True)
class Got:
    """What a question got."""

    asked: Asked
    outcome: str
    places: tuple[str, ...]
    confidence: float
    is_listed: bool
    milliseconds: float

    @property
    def is_right(self) -> bool:
        return _each_once(self.places) == _each_once(self.asked.places)

    @property
    def is_open(self) -> bool:
        """Nothing wrong is said, but somebody who asked for a clear verdict got none."""
        pairs = zip(self.places, self.asked.places, strict=False)
        is_same = len(self.places) == len(self.asked.places)
        return not self.places or (
            is_same and all(came in (_UNCLEAR, wanted) for came, wanted in pairs)
        )

    @property
    def is_missed(self) -> bool:
        """The worst that can happen: a closed product is said not to be listed."""
        pairs = zip(self.places, self.asked.places, strict=False)
        return any(
            came == _NOT_LISTED and wanted not in (_NOT_LISTED, _UNCLEAR) for came, wanted in pairs
        )


def main(
    questions: Annotated[Path, typer.Argument(help="A file of questions.")] = PRODUCTS,
    worst: Annotated[int, typer.Option(help="How many of the worst to show.")] = 30,
    left_out: Annotated[
        bool, typer.Option(help="Sort a fifth of the names by the others.")
    ] = False,
) -> None:
    """Ask about products, and show how often the verdict is right."""
    if left_out:
        Console(width=120).print(_shares(list(_left_out())))
        return
    got = asyncio.run(_ask_all(list(read_products(questions))))
    console = Console(width=120)
    console.print(_shares(got))
    console.print(_confusion(got))
    wrong = sorted((one for one in got if not one.is_right), key=lambda one: -one.confidence)
    for one in wrong[:worst]:
        console.print(
            f"  {one.confidence:.2f} {one.asked.text[:70]!r}: {one.outcome}"
            f" {', '.join(one.places)}; not {', '.join(one.asked.places)}"
        )


def read_products(path: Path = PRODUCTS) -> Iterator[Asked]:
    for line in path.read_text(encoding="utf-8").splitlines():
        values = json.loads(line)
        places = tuple(_place(verdict) for verdict in values["verdicts"])
        yield Asked(values["text"], values["language"], values["tags"][0], places)


async def _ask_all(questions: Sequence[Asked]) -> list[Got]:
    async with open_app(load_settings().settings) as app:
        await app.make_live(on_progress=lambda _done, _total: None)
        await app.ask("warm up", seller="overseas")
        return [await ask(app, asked) for asked in questions]


async def ask(app: App, asked: Asked) -> Got:
    """Ask one question as an overseas seller."""
    began = time.perf_counter()
    turn = described(await app.ask(asked.text, language=asked.language, seller="overseas"))
    took = (time.perf_counter() - began) * 1000
    verdicts: list[dict[str, Any]] = turn["verdicts"] or []
    places = tuple(_place(verdict) for verdict in verdicts)
    clusters = app.knowledge.search.clusters()
    is_listed = clusters is not None and clusters.catalogue.lists(asked.text)
    return Got(asked, turn["outcome"], places, turn["confidence"] or 0.0, is_listed, took)


def _left_out() -> Iterator[Got]:
    """Sort the names of the clusters, each fifth by the names of the others."""
    folder = load_settings().settings.knowledge
    whole = check_folder(folder, today=datetime.now(UTC).date()).content.clusters
    named = list(names_of(whole))
    fifths = np.random.default_rng(1).permutation(len(named)) % _FIFTHS
    for fifth in range(_FIFTHS):
        kept = [each for each, of in zip(named, fifths, strict=True) if of != fifth]
        clusters = _clusters_of_names(whole, kept)
        for each in (each for each, of in zip(named, fifths, strict=True) if of == fifth):
            cluster = whole.families[each.family].cluster
            is_listed = clusters.catalogue.likeness(each.name, each.language).is_known
            if cluster == _UNCLEAR or is_listed:
                continue
            verdict = clusters.verdict(each.name, each.language)
            place = verdict.cluster or verdict.status
            asked = Asked(each.name, each.language, "name", (_PLACES.get(cluster, cluster),))
            yield Got(
                asked, "verdict", (place,), verdict.confidence, is_listed=False, milliseconds=0.0
            )


def _clusters_of_names(whole: ClustersEntry, kept: Sequence[Named]) -> Clusters:
    names: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for each in kept:
        names[each.family, each.language].append(each.name)
    families = {
        key: family.model_copy(
            update={language: ", ".join(names[key, language]) for language in ("id", "en", "zh")}
        )
        for key, family in whole.families.items()
    }
    entry = whole.model_copy(update={"families": families})
    sorter = ProductSorter(entry, ProductModel.fit(entry).to_bytes())
    return clusters_of(entry, sorter, limits=Decision.read().limits)


def _place(verdict: dict[str, Any]) -> str:
    return str(verdict["cluster"] if verdict["status"] == _CLOSED else verdict["status"])


def _each_once(places: Sequence[str]) -> list[str]:
    """Leave out what repeats the one before: several products of one place are one finding."""
    return [each for at, each in enumerate(places) if not at or places[at - 1] != each]


def _shares(got: Sequence[Got]) -> Table:
    table = Table("questions", "right", "open", "wrong", "closed, said not to be", "ms, median")
    parts = {
        "all": got,
        "names": [one for one in got if one.asked.kind == "name"],
        "names not in the list": [
            one for one in got if one.asked.kind == "name" and not one.is_listed
        ],
        "others": [one for one in got if one.asked.kind != "name"],
        **{
            language: [one for one in got if one.asked.language == language]
            for language in ("id", "en", "zh")
        },
    }
    for name, part in parts.items():
        total = max(len(part), 1)
        right = sum(one.is_right for one in part)
        open_ = sum(one.is_open and not one.is_right for one in part)
        missed = sum(one.is_missed for one in part)
        counts = (right, open_, len(part) - right - open_, missed)
        times = sorted(one.milliseconds for one in part) or [0.0]
        shown = (f"{count} ({count / total:.1%})" for count in counts)
        table.add_row(f"{name} ({len(part)})", *shown, f"{times[len(times) // 2]:.1f}")
    return table


def _confusion(got: Sequence[Got]) -> Table:
    """Count, for questions of one product, what came for what was right."""
    single = [one for one in got if len(one.asked.places) == 1]
    came = Counter(
        (one.asked.places[0], ", ".join(_each_once(one.places)) or "-") for one in single
    )
    columns = sorted({place for _, place in came})
    table = Table("right \\ came", *columns)
    for row in sorted({place for place, _ in came}):
        table.add_row(row, *(str(came[row, column] or "") for column in columns))
    return table
