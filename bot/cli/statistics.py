"""`akar stats`."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.output import load, say, say_json, say_rows, sentence
from bot.core.counts import Statistics, WayCount
from bot.core.ports import ChannelError

if TYPE_CHECKING:
    from bot.settings import Settings


def stats(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    chart: Annotated[
        Path | None, typer.Option(help="Write what people asked as a PNG picture.")
    ] = None,
) -> None:
    """Count people, questions, journeys, lessons and tickets; nobody is named.

    Example: `akar stats`, or `akar stats --chart questions.png`
    """
    settings = load()
    found, picture = asyncio.run(_found(settings))
    if chart:
        try:
            chart.write_bytes(picture)
        except OSError as error:
            raise ChannelError("file_unwritable", path=chart, reason=error) from error
    if as_json:
        say_json(asdict(found))
        return
    _say_people(found)
    _say_ways("stats_journeys", found.journeys)
    _say_ways("stats_lessons", [each for each in found.lessons if each.begun])
    _say_hardest(found)
    _say_tickets(found)


async def _found(settings: "Settings") -> tuple[Statistics, bytes]:
    from bot.app.assembly import open_beside
    from bot.channels.drawing import drawn
    from bot.settings import command_language

    async with open_beside(settings) as app:
        await app.knowledge.open_words()
        found = await app.statistics(command_language(settings.language))
        bars = tuple((sentence(f"outcome_{name}"), count) for name, count in found.outcomes)
        title = sentence("stats_chart", days=found.days)
        return found, drawn({"kind": "chart", "title": title, "bars": bars})


def _say_people(found: Statistics) -> None:
    say(sentence("stats_people", people=found.people, subscribers=found.subscribers))
    total = sum(count for _, count in found.outcomes)
    say(sentence("stats_questions", count=total, days=found.days))
    rows = [(sentence(f"outcome_{name}"), str(count)) for name, count in found.outcomes]
    say_rows(("outcome", "count"), rows)


def _say_ways(heading: str, found: Sequence[WayCount]) -> None:
    if not found:
        return
    say(sentence(heading))
    rows = []
    for each in found:
        rows.append((each.title, str(each.begun), str(each.finished), ""))
        rows += [("", "", "", f"{count}  {step}") for step, count in each.stops]
    say_rows(("title", "begun", "finished", "stop"), rows)


def _say_hardest(found: Statistics) -> None:
    if not found.hardest:
        return
    say(sentence("stats_hardest"))
    say_rows(
        ("title", "question", "wrong"),
        [(each.lesson, each.text, f"{each.wrong}/{each.answered}") for each in found.hardest],
    )


def _say_tickets(found: Statistics) -> None:
    tickets = found.tickets
    say(
        sentence(
            "stats_tickets",
            open=tickets.open,
            oldest=round(tickets.oldest),
            closed=tickets.closed,
            median=round(tickets.median),
        )
    )
