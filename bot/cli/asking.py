"""`akar ask` and `akar search`."""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from bot.cli.output import CONTENT_FAILED, load, progress, say, say_json, sentence
from bot.core.ports import BotError

if TYPE_CHECKING:
    from bot.app.assembly import App

JsonLines = Annotated[bool, typer.Option("--jsonl", help="One JSON object a line, in and out.")]

SELLERS = ("", "overseas", "local")
"""Who may be said to ask; nothing where it is not said."""

Result = TypeVar("Result")
Handle = Callable[["App", dict[str, Any]], Awaitable[dict[str, Any]]]


def ask(
    text: Annotated[str, typer.Argument(help="The question.")] = "",
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    jsonl: JsonLines = False,
    explain: Annotated[bool, typer.Option(help="Add candidates and their scores.")] = False,
    seller: Annotated[str, typer.Option(help="Who asks: overseas or local.")] = "",
) -> None:
    """Answer one question as a person would read it.

    Example: `akar ask "syarat buka toko apa aja"`
    """

    async def answer(app: "App", question: dict[str, Any]) -> dict[str, Any]:
        return await _answered(app, question, explain=explain)

    if jsonl:
        _each_line(answer)
        return
    if seller not in SELLERS:
        raise typer.BadParameter(", ".join(SELLERS[1:]), param_hint="--seller")
    found = _one(text, answer, seller=seller)
    if as_json:
        say_json(found)
        return
    say("\n".join([found["text"], *(f"[{option}]" for option in found["options"] or ())]))
    if explain:
        _say_explanation(found)


def search(
    text: Annotated[str, typer.Argument(help="What to search for.")] = "",
    *,
    limit: Annotated[int, typer.Option(min=1, max=50, help="How many cards.")] = 5,
    jsonl: JsonLines = False,
) -> None:
    """Print the cards nearest to a text, with their scores.

    Example: `akar search "ongkir" --limit 3`
    """

    async def find(app: "App", question: dict[str, Any]) -> dict[str, Any]:
        app.knowledge.search.is_thorough = True
        passages = await app.search(
            question["text"], language=question.get("language"), limit=limit
        )
        cards = [{"card": passage.card, "score": round(passage.score, 4)} for passage in passages]
        return {"id": question.get("id"), "cards": cards}

    if jsonl:
        _each_line(find)
        return
    for card in _one(text, find)["cards"]:
        say(f"{card['score']:8.3f}  {card['card']}")


async def _answered(app: "App", question: dict[str, Any], *, explain: bool) -> dict[str, Any]:
    from bot.channels.objects import described, explained

    app.knowledge.search.is_thorough = explain
    began = time.perf_counter()
    turn = await app.ask(
        question["text"], language=question.get("language"), seller=question.get("seller")
    )
    milliseconds = round((time.perf_counter() - began) * 1000, 1)
    found = {"id": question.get("id"), **described(turn), "milliseconds": milliseconds}
    if explain:
        found["candidates"] = explained(turn)
        found["threshold"] = app.conversation.min_confidence
    return found


def _one(text: str, handle: Handle, *, seller: str = "") -> dict[str, Any]:
    if not text.strip():
        raise BotError("text_missing")

    async def work(app: "App") -> dict[str, Any]:
        return await handle(app, {"id": None, "text": _whole(text), "seller": seller or None})

    return _with_app(work)


def _each_line(handle: Handle) -> None:
    """Handle one object a line, in order; a bad line gives an error and the rest goes on."""

    async def work(app: "App") -> int:
        bad = 0
        while line := await asyncio.to_thread(sys.stdin.buffer.readline):
            if not line.strip():
                continue
            try:
                question = _question(line)
            except ValueError as error:
                say_json({"id": None, "error": str(error)})
                bad += 1
            else:
                say_json(await handle(app, question))
        return bad

    if _with_app(work):
        raise typer.Exit(CONTENT_FAILED)


def _question(line: bytes) -> dict[str, Any]:
    """Read a question.

    Raises:
        ValueError: the line is no JSON object with a text, or names an unknown language or seller.
    """
    try:
        question = json.loads(line)
    except RecursionError as error:
        raise ValueError("[[[…") from error
    if not isinstance(question, dict) or not isinstance(question.get("text"), str):
        raise ValueError('{"id": …, "text": …}')  # noqa: TRY004 - one error for a bad line
    if question.get("language") not in (None, "id", "en", "zh"):
        raise ValueError("language: id, en, zh")
    if question.get("seller") not in (None, *SELLERS):
        raise ValueError("seller: overseas, local")
    return question | {"text": _whole(question["text"])}


def _whole(text: str) -> str:
    """Return a text without the halves of characters that JSON and arguments may hold."""
    return text.encode("utf-8", "replace").decode()


def _with_app(work: Callable[["App"], Awaitable[Result]]) -> Result:
    """Open the bot without a channel, make the knowledge searchable, and do the work."""
    settings = load()

    async def main() -> Result:
        from bot.app.assembly import open_app

        async with open_app(settings) as app:
            with progress() as on_progress:
                await app.make_live(on_progress=on_progress)
            return await work(app)

    return asyncio.run(main())


def _say_explanation(found: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    title = sentence("explain_title", language=found["language"], threshold=found["threshold"])
    names = ("card", "score", "confidence", "evidence")
    table = Table(*(sentence(f"column_{name}") for name in names), title=title)
    for candidate in found["candidates"]:
        evidence = ", ".join(f"{name} {value}" for name, value in candidate["evidence"].items())
        table.add_row(
            candidate["card"], str(candidate["score"]), str(candidate["confidence"]), evidence
        )
    Console().print(table)
