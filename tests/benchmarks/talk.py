"""Asks what is not decided by one search: dangers, follow-ups, several questions, chatter."""

import asyncio
import json
import re
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from bot.app.assembly import App, open_app
from bot.channels.objects import described
from bot.core.conversation import Conversation
from bot.core.messages import Answer, Question, Sender, Turn
from bot.settings import load_settings
from tests.benchmarks.questions import APART, FOLDER
from tests.fakes import MemoryStore

Json = dict[str, Any]
Say = Callable[[str], Awaitable[Turn]]

_SHORT = 3  # Words, from which on the language of a message must be told rightly.
_EVERY = 30  # Of the bank's questions, those that are asked with chatter around them.
_WORD = re.compile(r"[^\W_\u3400-\u9fff]+|[\u3400-\u9fff]")
_LANGUAGES = {"english": "en", "chinese": "zh"}
"""The language to be answered in, by the tag of the question; for all others Indonesian."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a question, beside what should have come."""

    group: str
    half: str
    verdict: str
    question: str
    wanted: str
    came: str


def main(worst: Annotated[int, typer.Option(help="Failures to show of each kind.")] = 10) -> None:
    """Report on dangers, follow-ups, several questions at once, chatter, and languages."""
    asyncio.run(_report(worst))


async def _report(worst: int) -> None:
    async with open_app(load_settings().settings) as app:
        await app.make_live(on_progress=lambda _done, _total: None)
        console = Console(width=140)
        for name in APART:
            results = [await _asked(app, row) for row in _rows(name)]
            _show(console, name, results, worst)
        _show(console, "chatter around questions", await _with_chatter(app), worst)
        _show(console, "languages", list(_languages(app)), worst)
        _show(console, "asking back", await _asked_back(app), worst)


def _rows(*names: str) -> Iterator[Json]:
    files = [FOLDER / f"{name}.jsonl" for name in names] or [
        file for file in sorted(FOLDER.glob("*.jsonl")) if file.stem not in APART
    ]
    for file in files:
        yield from map(json.loads, file.read_text(encoding="utf-8").splitlines())


def _talk(app: App) -> Say:
    """Begin a talk with somebody new, whose turns are remembered."""
    store = MemoryStore()
    asking = app.conversation.asking
    conversation = Conversation(
        app.knowledge.search,
        store,
        guess=app.guess,
        phrases=app.phrases,
        min_confidence=asking.min_confidence,
        today=app.conversation.telling.today,
    )
    return partial(_said, conversation, store)


async def _said(conversation: Conversation, store: MemoryStore, text: str) -> Turn:
    number = len(store.asked) + 1
    turn = await conversation.turn(Question(number, Sender(1, 1), text, number))
    store.asked += [(time.time(), asked) for asked in turn.asked]
    return turn


async def _asked(app: App, row: Json) -> Result:
    say = _talk(app)
    for before in row.get("after", ()):
        await say(before)
    told = described(await say(row["text"]))
    parts = told["parts"] or [told]
    wanted, came = row.get("parts") or [row["card"]], [_name(part) for part in parts]
    # A card that says what is not known tells the same as no card at all.
    came = [
        "abstain" if part["outcome"] == "abstain" and name not in wanted else name
        for part, name in zip(parts, came, strict=True)
    ]
    verdict = "right" if wanted == came else _miss(wanted, came)
    text = " | ".join([*row.get("after", ()), row["text"]])
    return Result(row["tags"][0], _half(row), verdict, text, " + ".join(wanted), " + ".join(came))


def _miss(wanted: list[str], came: list[str]) -> str:
    """Say how an answer misses: it tells nothing, a part, or something else."""
    told = set(came) - {"abstain", "clarify"}
    if not told:
        return came[0]
    return "a part" if told < set(wanted) else "wrong"


def _name(told: Json) -> str:
    """Return the card, or the outcome where none was told or it was refused."""
    return str(told["outcome"] if told["outcome"] == "refuse" else told["card"] or told["outcome"])


def _half(row: Json) -> str:
    """Return whether a question may be tuned on, or only reported on."""
    return "tune" if int(row["id"].rpartition("-")[2]) % 2 else "report"


def _languages(app: App) -> Iterator[Result]:
    for row in (*_rows(), *_rows(*APART)):
        tags = row.get("tags", ())
        if not tags or len(_WORD.findall(row["text"])) < _SHORT:
            continue
        wanted = next((_LANGUAGES[tag] for tag in tags if tag in _LANGUAGES), "id")
        came = app.guess(row["text"]) or "id"
        verdict = "right" if wanted == came else "wrong"
        yield Result(wanted, "all", verdict, row["text"], wanted, came)


async def _with_chatter(app: App) -> list[Result]:
    """Ask questions that are answered once more with greetings, thanks and the like around them."""
    rows = [row for row in _rows() if not _LANGUAGES.keys() & set(row["tags"])]
    told = {row["text"]: await _card(app, row["text"]) for row in rows[::_EVERY]}
    answered = {text: card for text, card in told.items() if card}
    results = []
    for line in (FOLDER / "chatter" / "frames.jsonl").read_text(encoding="utf-8").splitlines():
        frame = json.loads(line)
        for text, card in answered.items():
            framed = frame["text"].replace("{}", text)
            came = await _card(app, framed)
            verdict = "right" if came == card else "another card" if came else "none"
            results.append(Result(frame["kind"], "all", verdict, framed, card, came))
    return results


async def _card(app: App, text: str) -> str:
    """Return the card that a text is answered with, or nothing."""
    turn = await app.ask(text)
    return turn.outcome.passage.card if isinstance(turn.outcome, Answer) else ""


async def _asked_back(app: App) -> list[Result]:
    """Count what the bot asks back, by whether one of the two cards is the right one."""
    results = []
    for row in _rows():
        turn = await app.ask(row["text"])
        if not turn.outcome or turn.outcome.name != "clarify":
            continue
        cards = [passage.card for passage in turn.candidates[:2]]
        place = ("first", "second")[cards.index(row["card"])] if row["card"] in cards else "neither"
        found = "out of scope" if row["card"] == "abstain" else place
        came = " + ".join(cards)
        results.append(Result("clarify", "all", found, row["text"], row["card"], came))
    return results


def _show(console: Console, title: str, results: list[Result], worst: int) -> None:
    table = Table("group", "half", "questions", "what came of them", title=title)
    counts: dict[tuple[str, str], Counter[str]] = {}
    for one in results:
        counts.setdefault((one.group, one.half), Counter())[one.verdict] += 1
    for (group, half), verdicts in sorted(counts.items()):
        total = verdicts.total()
        came = ", ".join(f"{name} {n} ({n / total:.0%})" for name, n in verdicts.most_common())
        table.add_row(group, half, str(total), came)
    console.print(table)
    for one in [one for one in results if one.verdict != "right"][:worst]:
        line = f"  {one.verdict}: {one.question!r}: {one.came}, not {one.wanted}"
        console.print(line, markup=False, highlight=False)
