"""`akar converse`."""

import contextlib
import re
import signal
import textwrap
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.output import (
    CONTENT_FAILED,
    SURROUNDINGS_FAILED,
    finding_line,
    load,
    say,
    say_error,
    sentence,
    terminal,
)
from bot.core.ports import BotError

if TYPE_CHECKING:
    from rich.console import Console

    from bot.channels.scripts.expectations import Unmet
    from bot.channels.scripts.playing import Failure, Result, Said
    from bot.channels.scripts.script import Case, Conversation
    from bot.channels.scripts.stage import Stage
    from bot.settings import Settings

_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")  # They would move the cursor.
_FORM = 60  # Characters of a form that are shown.


def converse(
    paths: Annotated[list[Path], typer.Argument(help="Scripts, or folders of them.")],
    *,
    tag: Annotated[str, typer.Option(help="Only conversations with this tag.")] = "",
) -> None:
    """Play conversation scripts against the bot, on a simulator of their own.

    Example: `akar converse tests/conversations --tag onboarding`
    """
    from rich.console import Console

    from bot.channels.scripts.script import cases

    chosen = [case for each in _tagged(_read(paths), tag) for case in cases(each)]
    settings = load()
    _check_knowledge(settings.knowledge)
    signal.signal(signal.SIGTERM, _end)
    try:
        with _stage(settings) as stage:
            results = _play(chosen, stage, Console(highlight=False))
    except BotError as error:
        if error.code != "bot_ended":
            raise
        say_error(error)
        raise typer.Exit(_status(error)) from error
    failed = [result for result in results if result.failure]
    say(sentence("played", passed=len(results) - len(failed), total=len(results)))
    if failed:
        raise typer.Exit(CONTENT_FAILED)


def _read(paths: Sequence[Path]) -> Sequence["Conversation"]:
    """Read the scripts; with a mistake in one of them nothing is played."""
    from bot.backends.knowledge.findings import Finding
    from bot.channels.scripts.reading import read_scripts

    scripts = read_scripts(paths)
    for mistake in scripts.mistakes:
        file = mistake.path.as_posix()
        say(finding_line(Finding(file, mistake.line, mistake.code, mistake.values), Path()))
    if scripts.mistakes:
        raise typer.Exit(CONTENT_FAILED)
    return scripts.conversations


def _check_knowledge(folder: Path) -> None:
    """Stop at a mistake in the folder, with which the bot would answer from an older one."""
    from bot.backends.knowledge.folder import check_folder
    from bot.backends.knowledge.publish import MistakesError

    checked = check_folder(folder, today=datetime.now(UTC).astimezone().date())
    if checked.mistakes:
        raise MistakesError(checked.mistakes, folder)


def _tagged(conversations: Sequence["Conversation"], tag: str) -> Sequence["Conversation"]:
    if not tag:
        return conversations
    found = [each for each in conversations if tag in each.tags]
    if not found:
        tags = sorted({name for each in conversations for name in each.tags})
        raise typer.BadParameter(sentence("tag_unknown", tag=tag, tags=", ".join(tags)))
    return found


@contextlib.contextmanager
def _stage(settings: "Settings") -> Iterator["Stage"]:
    """Start the bot on a copy of what is live, so that nothing played reaches the real data.

    Nothing about people is in the copy, and no setting of the real bot's reaches it but these: it
    has a database file and a key of its own.
    """
    from bot.app.folders import prompts_folder
    from bot.backends.store.copies import forget_everyone
    from bot.backends.store.database import DATABASE_FILE
    from bot.channels.scripts.stage import open_stage
    from bot.settings import settings_environment

    chosen: dict[str, object] = {
        "knowledge": settings.knowledge.absolute(),
        "prompts": prompts_folder(settings.prompts).absolute(),
        "embeddings": settings.embeddings,
    }
    if settings.language:
        chosen["language"] = settings.language
    # The index on a Chroma server is not in the folder; the bot makes one of its own.
    is_prepared = (settings.data / DATABASE_FILE).is_file() and not settings.chroma_url
    prepared = settings.data if is_prepared else None
    with contextlib.ExitStack() as stack:
        with terminal().status(sentence("stage_opening")):
            environment = partial(settings_environment, **chosen)
            stage = stack.enter_context(
                open_stage(environment, prepared=prepared, clean=forget_everyone)
            )
        yield stage


def _status(error: BotError) -> int:
    """Return the exit code of a bot that ended by itself."""
    status = error.values.get("status")
    return status if isinstance(status, int) and status > 0 else SURROUNDINGS_FAILED


def _play(chosen: Sequence["Case"], stage: "Stage", console: "Console") -> Sequence["Result"]:
    """Play the cases, each a line; then tell of those that failed."""
    from bot.channels.scripts.playing import play

    results = []
    for case in chosen:
        results.append(play(case, stage))
        _tell(results[-1], console)
    for result in results:
        if result.failure:
            _tell_failure(result, result.failure, console)
    return results


def _tell(result: "Result", console: "Console") -> None:
    mark, style = ("failed", "bold red") if result.failure else ("passed", "green")
    _print(console, (sentence(mark), style), f"  {_title(result.case)}")


def _tell_failure(result: "Result", failure: "Failure", console: "Console") -> None:
    """Print what was said up to a failure, what was expected there, and what came."""
    path = result.case.conversation.path.as_posix()
    kind = sentence(f"failure_{failure.kind}")
    _print(console, "\n", (f"{_title(result.case)} ({kind})", "bold"))
    for said in result.transcript:
        _print(console, _indented(_said(said)))
    for each in failure.unmet:
        _print(console, f"{path}:{each.line}: ", (_unmet(each), "red"))
    for came in dict.fromkeys(each.came for each in failure.unmet if each.expected):
        _print(console, (_indented(sentence("came", came=came)), "yellow"))


def _unmet(unmet: "Unmet") -> str:
    if unmet.name == "silent":
        return sentence("bot_silent", seconds=unmet.came)
    if unmet.expected:
        return sentence("expected", name=unmet.name, expected=unmet.expected)
    return sentence(f"failure_{unmet.name}", came=unmet.came)


def _said(said: "Said") -> str:
    buttons = "".join(f"\n[{label}]" for label in said.buttons)
    return f"{sentence(f'said_by_{said.who}')}: {said.text}{buttons}"


def _title(case: "Case") -> str:
    form = " ".join(case.form.split())
    shown = form if len(form) <= _FORM else f"{form[: _FORM - 1]}…"
    title = f"{case.conversation.path.as_posix()}  {case.conversation.name}"
    return f"{title}  «{shown}»" if form else title


def _indented(text: str) -> str:
    return textwrap.indent(text, " " * 6)[4:]


def _print(console: "Console", *parts: str | tuple[str, str]) -> None:
    """Print a line in colour on a terminal, plainly and unbroken in a pipe."""
    from rich.text import Text

    line = Text.assemble(*parts)
    line.plain = _CONTROL.sub("�", line.plain)
    console.print(line, soft_wrap=True)


def _end(_number: int, _frame: object) -> None:
    """Leave through every `with`, so that the bot and the simulator end too."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # A second one would cut that short.
    raise SystemExit(SURROUNDINGS_FAILED)
