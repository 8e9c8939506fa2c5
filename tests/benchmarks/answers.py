"""Asks the bot the questions that nothing was tuned on, and counts what it answers."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.table import Table

from bot.app.assembly import App, open_app
from bot.channels.objects import described
from bot.settings import load_settings
from tests.benchmarks.questions import FOLDER, Asked, Part, of_part, read_questions
from tests.benchmarks.reliability import bands, draw

PICTURE = Path(__file__).with_name("reliability.svg")

Verdict = Literal["right", "wrong", "missed", "false answer", "rightly none"]
_LANGUAGES = ("Indonesian", "English", "Chinese")
_SCOPES = ("near", "far")


@dataclass(frozen=True, slots=True)
class Answered:
    """A question and what came of it."""

    asked: Asked
    told: tuple[str, ...]
    """The cards that were told as an answer."""
    named: tuple[str, ...]
    """These, and cards that say what is not known."""
    outcome: str
    best: str
    confidence: float
    """Of the best card, told or not."""
    is_unknown: bool
    """The best card says what is not known."""

    @property
    def verdict(self) -> Verdict:
        if not self.asked.is_answerable:
            return "false answer" if self.told else "rightly none"
        if self.asked.cards.intersection(self.named):
            return "right"
        return "wrong" if self.told else "missed"

    @property
    def is_best_right(self) -> bool:
        is_abstention = self.is_unknown and not self.asked.is_answerable
        return is_abstention or self.best in self.asked.cards


def main(
    questions: Annotated[Path, typer.Argument(help="A file or folder of questions.")] = FOLDER,
    *,
    part: Annotated[str, typer.Option(help="report, tune, or all.")] = "report",
    worst: Annotated[int, typer.Option(help="Examples to show of each kind.")] = 15,
    picture: Annotated[Path, typer.Option(help="Where the reliability curve goes.")] = PICTURE,
) -> None:
    """Report right, wrong, missed and false answers, by register and language."""
    asked = _chosen(read_questions(questions), part)
    answered = asyncio.run(ask_all(asked))
    console = Console(width=120)
    for title, groups in (("", _whole), ("by register", _registers), ("by language", _languages)):
        console.print(table(answered, groups, title=title))
    console.print(table(answered, _files, title="by file"))
    _show_worst(console, answered, worst)
    curve = bands([one.confidence for one in answered], [one.is_best_right for one in answered])
    for band in curve:
        share = f"{band.right:.1%} right of {band.questions}"
        console.print(f"  confidence {band.confidence:.2f}: {share}")
    draw(curve, picture)
    console.print(f"reliability curve: {picture}", markup=False)


def _chosen(questions: list[Asked], part: str) -> list[Asked]:
    parts: dict[str, Part] = {"report": "report", "tune": "tune"}
    return of_part(questions, parts[part]) if part in parts else questions


async def ask_all(questions: Sequence[Asked]) -> list[Answered]:
    async with open_app(load_settings().settings) as app:
        await app.make_live(on_progress=lambda _done, _total: None)
        return [await _answered(app, asked) for asked in questions]


async def _answered(app: App, asked: Asked) -> Answered:
    turn = await app.ask(asked.text, language=asked.language)
    parts = [described(part) for part in turn.parts or (turn,)]
    best = turn.candidates[0] if turn.candidates else None
    return Answered(
        asked,
        tuple(str(part["card"]) for part in parts if part["outcome"] == "answer"),
        tuple(str(part["card"]) for part in parts if part["card"]),
        str(described(turn)["outcome"]),
        best.card if best else "",
        best.confidence if best else 0.0,
        bool(best and best.unknown),
    )


def table(
    answered: Sequence[Answered], groups: Callable[[Asked], Sequence[str]], *, title: str
) -> Table:
    """Count what came of the questions of each group."""
    named: dict[str, list[Answered]] = {}
    for one in answered:
        for name in groups(one.asked):
            named.setdefault(name, []).append(one)
    shown = Table(
        "", "answerable", "right", "wrong", "missed", "others", "false answers", title=title
    )
    for name, members in sorted(named.items()):
        shown.add_row(name, *_counts(members))
    return shown


def _counts(members: Sequence[Answered]) -> list[str]:
    verdicts = [one.verdict for one in members]
    answerable = sum(one.asked.is_answerable for one in members)
    others = len(members) - answerable
    first = [_share(verdicts.count(name), answerable) for name in ("right", "wrong", "missed")]
    return [str(answerable), *first, str(others), _share(verdicts.count("false answer"), others)]


def _share(count: int, total: int) -> str:
    return f"{count} ({count / total:.1%})" if total else "-"


def _whole(asked: Asked) -> Sequence[str]:
    scope = [scope for scope in _SCOPES if scope in asked.tags]
    return ["all", *(f"{name} out of scope" for name in scope)]


def _registers(asked: Asked) -> Sequence[str]:
    return [asked.register]


def _languages(asked: Asked) -> Sequence[str]:
    indonesian, english, chinese = _LANGUAGES
    spoken = {"english": english, "chinese": chinese}
    return [spoken.get(asked.register, indonesian)]


def _files(asked: Asked) -> Sequence[str]:
    return [asked.file]


def _show_worst(console: Console, answered: Sequence[Answered], worst: int) -> None:
    """Show the surest wrong answers, and the right cards that were missed most."""
    by_confidence = sorted(answered, key=lambda one: -one.confidence)
    for verdict in ("wrong", "false answer"):
        for one in [one for one in by_confidence if one.verdict == verdict][:worst]:
            _show(console, one)
    missed = [one for one in by_confidence if one.verdict == "missed" and one.is_best_right]
    for one in missed[::-1][:worst]:
        _show(console, one)


def _show(console: Console, one: Answered) -> None:
    came = " + ".join(one.told) or f"{one.outcome} (best {one.best})"
    line = f"  {one.verdict} {one.confidence:.2f} {one.asked.text!r}: {came}, not {one.asked.card}"
    console.print(line, markup=False, highlight=False)
