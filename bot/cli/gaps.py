"""`akar knowledge gaps`."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.output import (
    load,
    progress,
    say,
    say_beside,
    say_json,
    say_rows,
    sentence,
)
from bot.core.ports import BotError

if TYPE_CHECKING:
    from bot.app.gaps import Gap, Gaps
    from bot.backends.knowledge.drafts import Head
    from bot.backends.knowledge.folder import Checked
    from bot.settings import Settings

Numbered = tuple[int, "Gap"]

_EXAMPLE = 100  # Characters of a question in a row.


def gaps(
    number: Annotated[
        int | None, typer.Argument(metavar="GAP", help="One of them, by its number.", min=1)
    ] = None,
    *,
    draft: Annotated[
        bool, typer.Option("--draft", help="Write a draft card for each into the folder.")
    ] = False,
    limit: Annotated[int, typer.Option(help="How many to show.", min=1)] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, one object a line.")] = False,
) -> None:
    """Show what people asked and did not get, grouped by meaning, most asked first.

    That is: no answer, a 👎, or an answer that was not sure; and what is live now does no better.

    Example: `akar knowledge gaps`, or `akar knowledge gaps --draft 3`
    """
    settings = load()
    found = asyncio.run(_found(settings))
    chosen = _chosen(found, number, limit)
    if as_json:
        for place, gap in chosen:
            say_json(_described(place, gap))
    else:
        _say_gaps(found, chosen, is_one=number is not None)
    if draft:
        _write_drafts(settings, chosen, tell=say_beside if as_json else say)


async def _found(settings: "Settings") -> "Gaps":
    from bot.app.assembly import open_beside
    from bot.app.gaps import find_gaps

    async with open_beside(settings) as bot:
        await bot.knowledge.open_words()
        await bot.knowledge.open_whole()
        with progress("asking") as on_progress:
            return await find_gaps(bot, on_progress=on_progress)


def _chosen(found: "Gaps", number: int | None, limit: int) -> list[Numbered]:
    numbered = list(enumerate(found.found, 1))
    if number is None:
        return numbered[:limit]
    if number > len(numbered):
        raise BotError("gap_unknown", number=number, groups=len(numbered))
    return [numbered[number - 1]]


def _described(number: int, gap: "Gap") -> dict[str, Any]:
    newest = gap.newest
    return {
        "gap": number,
        "people": gap.people,
        "asked": len(gap.missed),
        "why": dict(gap.whys),
        "newest": {"text": newest.text, "language": newest.language, "at": _iso(newest.at)},
        "questions": gap.texts,
        "cards": gap.cards,
        "topic": gap.topic,
    }


def _say_gaps(found: "Gaps", chosen: Sequence[Numbered], *, is_one: bool) -> None:
    if not found.found:
        say(sentence("gaps_none"))
        return
    names = ("number", "people", "asked", "why", "newest")
    say_rows(names, [_row(place, gap) for place, gap in chosen])
    if is_one:
        _say_more(chosen[0][1])
        return
    say(sentence("gaps_found", shown=len(chosen), groups=len(found.found)))
    if found.left_out:
        say(sentence("gaps_left_out", count=found.left_out))


def _say_more(gap: "Gap") -> None:
    for text in gap.texts:
        say(f"  - {_line(text)}")
    if gap.cards:
        say(sentence("gap_cards", cards=", ".join(gap.cards)))


def _row(number: int, gap: "Gap") -> list[str]:
    why = ", ".join(sentence(f"why_{name}", count=count) for name, count in gap.whys.items())
    text = _line(gap.newest.text)
    shown = text if len(text) <= _EXAMPLE else f"{text[:_EXAMPLE].rstrip()}…"
    newest = f"{_iso(gap.newest.at)[:10]} {shown}"
    return [str(number), str(gap.people), str(len(gap.missed)), why, newest]


def _write_drafts(
    settings: "Settings", chosen: Sequence[Numbered], *, tell: Callable[[str], None]
) -> None:
    """Write a draft for each gap that has none, and say what became of each."""
    from bot.backends.knowledge.folder import check_folder
    from bot.backends.knowledge.stubs import Stub, asked_in, write_stub

    today = datetime.now(UTC).astimezone().date()
    checked = check_folder(settings.knowledge, today=today)
    there = asked_in(checked)
    folder = settings.knowledge / sentence("draft_folder")
    for number, gap in chosen:
        stub = Stub.of(gap.texts)
        known = [there[text] for text in map(str.casefold, stub.questions) if text in there]
        if known:
            tell(sentence("draft_there", number=number, path=settings.knowledge / known[0]))
        elif not stub.questions:
            tell(sentence("draft_unfit", number=number))
        else:
            path = write_stub(folder, stub, _head(gap, checked, today))
            tell(sentence("draft_written", number=number, path=path))


def _head(gap: "Gap", checked: "Checked", today: date) -> "Head":
    """Return what stands above a draft: the topic is that of the card which comes nearest."""
    from bot.backends.knowledge.drafts import Head

    topics = checked.content.program.topics
    topic = gap.topic if gap.topic in topics or not topics else ""
    return Head(topic, gap.language, today, sentence("draft_of_gap", day=today.isoformat()))


def _line(text: str) -> str:
    """Return what somebody typed as one line that does nothing to a terminal."""
    return "".join(filter(str.isprintable, " ".join(text.split())))


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
