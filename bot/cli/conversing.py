"""`akar converse`."""

import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.output import (
    CONTENT_FAILED,
    SURROUNDINGS_FAILED,
    load,
    say,
    say_error,
    sentence,
    terminal,
    words,
)
from bot.cli.playing import (
    check_knowledge,
    ended_status,
    house,
    make_first_index,
    mistake_line,
)
from bot.core.ports import BotError

if TYPE_CHECKING:
    from bot.channels.scripts.results import Result
    from bot.channels.scripts.script import Case, Conversation
    from bot.channels.scripts.troupe import Troupe
    from bot.settings import Settings


def converse(
    paths: Annotated[list[Path] | None, typer.Argument(help="Scripts, or folders of them.")] = None,
    *,
    tag: Annotated[str, typer.Option(help="Only conversations with this tag.")] = "",
    jobs: Annotated[
        int, typer.Option(min=1, help="How many conversations go on at the same time.")
    ] = 8,
    junit: Annotated[Path | None, typer.Option(help="Write the results for CI.")] = None,
    html: Annotated[
        Path | None, typer.Option(help="Write every conversation as one page for a browser.")
    ] = None,
    update: Annotated[
        bool, typer.Option("--update", help="Show the bot's new wording, and accept it.")
    ] = False,
    record: Annotated[
        Path | None, typer.Option(help="Write the last chat of the simulator as a script.")
    ] = None,
    person: Annotated[str, typer.Option(help="Whose chat is recorded.")] = "",
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON Schema of scripts, for editors.")
    ] = False,
    vocabulary: Annotated[
        bool, typer.Option("--vocabulary", help="Print every key of scripts as a table.")
    ] = False,
) -> None:
    """Play conversation scripts against the bot, on a simulator of their own.

    Example: `akar converse tests/conversations --tag onboarding`
    """
    if schema or vocabulary:
        _tell_vocabulary(as_schema=schema)
    elif record:
        from bot.cli.recording import record_chat

        record_chat(record, person=person)
    elif not paths:
        raise typer.BadParameter(sentence("paths_missing"))
    else:
        results = _play(paths, tag=tag, jobs=jobs)
        _write(results, junit=junit, html=html)
        if update:
            from bot.cli.wording import offer_wording

            offer_wording(results)
        if any(result.is_bad for result in results):
            raise typer.Exit(CONTENT_FAILED)


def _tell_vocabulary(*, as_schema: bool) -> None:
    from bot.cli.vocabulary import schema_text, table

    say(schema_text(words()) if as_schema else table(words()))


def _play(paths: Sequence[Path], *, tag: str, jobs: int) -> "Sequence[Result]":
    """Play everything, a line each; then tell of what failed."""
    settings = load()
    conversations = _tagged(_read(paths, settings.knowledge), tag)
    check_knowledge(settings.knowledge)
    signal.signal(signal.SIGTERM, _end)
    make_first_index(settings)
    try:
        return _played(conversations, settings, jobs=jobs)
    except BotError as error:
        if error.code != "bot_ended":
            raise
        say_error(error)
        raise typer.Exit(ended_status(error, otherwise=SURROUNDINGS_FAILED)) from error


def _played(
    conversations: "Sequence[Conversation]", settings: "Settings", *, jobs: int
) -> "Sequence[Result]":
    from rich.console import Console

    from bot.channels.scripts.script import cases
    from bot.channels.scripts.troupe import open_troupe, play_all
    from bot.cli.transcripts import tell, tell_failure

    console, results = Console(highlight=False), []
    chosen = [case for each in conversations for case in cases(each)]
    with open_troupe(house(settings), jobs=jobs) as troupe:
        _open(chosen, troupe)
        for result in play_all(chosen, troupe):
            tell(result, console)
            results.append(result)
    for result in results:
        if result.is_bad:
            tell_failure(result, console)
    _sum_up(results)
    return results


def _open(chosen: "Sequence[Case]", troupe: "Troupe") -> None:
    """Start the bot that cases share, if any does."""
    if not all(case.is_apart for case in chosen):
        with terminal().status(sentence("stage_opening")):
            troupe.stage()


def _sum_up(results: "Sequence[Result]") -> None:
    known = sum(result.status == "known" for result in results)
    good = sum(not result.is_bad for result in results) - known
    say(sentence("played", passed=good, total=len(results)))
    if known:
        say(sentence("played_known", count=known))


def _read(paths: Sequence[Path], knowledge: Path) -> "Sequence[Conversation]":
    """Read the scripts; with a mistake in one of them nothing is played."""
    from bot.channels.scripts.reading import read_scripts

    scripts = read_scripts(paths, knowledge=knowledge)
    for mistake in scripts.mistakes:
        say(mistake_line(mistake))
    if scripts.mistakes:
        raise typer.Exit(CONTENT_FAILED)
    return scripts.conversations


def _tagged(conversations: "Sequence[Conversation]", tag: str) -> "Sequence[Conversation]":
    if not tag:
        return conversations
    found = [each for each in conversations if tag in each.tags]
    if not found:
        tags = sorted({name for each in conversations for name in each.tags})
        raise typer.BadParameter(sentence("tag_unknown", tag=tag, tags=", ".join(tags)))
    return found


def _write(results: "Sequence[Result]", *, junit: Path | None, html: Path | None) -> None:
    """Write the results into the files that were asked for."""
    if junit:
        from bot.cli.junit import write_junit

        write_junit(junit, results)
    if html:
        _write_page(html, results)


def _write_page(path: Path, results: "Sequence[Result]") -> None:
    """Write every conversation as bubbles, those first that somebody has to look at."""
    from bot.cli.pages import write_page
    from bot.cli.transcripts import missed, place, shown_form

    order = ("failed", "mended", "known", "passed")
    write_page(
        path,
        "conversations",
        results=sorted(results, key=lambda result: order.index(result.status)),
        tags=sorted({tag for result in results for tag in result.case.conversation.tags}),
        missed=missed,
        form=shown_form,
        place=place,
    )


def _end(_number: int, _frame: object) -> None:
    """Leave through every `with`, so that the bot and the simulator end too."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # A second one would cut that short.
    sys.exit(SURROUNDINGS_FAILED)
