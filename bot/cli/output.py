"""What commands print: sentences from `prompts/`, findings, errors and their exit codes."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.cli.logs import redacted
from bot.core.ports import BotError

if TYPE_CHECKING:
    from rich.console import Console

    from bot.backends.knowledge.findings import Finding
    from bot.settings import Settings

CONTENT_FAILED = 1
CALLED_WRONGLY = 2
SURROUNDINGS_FAILED = 3

_EXIT_CODES = {
    **dict.fromkeys(
        (
            "folder_mistakes",
            "document_other",
            "document_damaged",
            "document_encrypted",
            "document_empty",
            "document_large",
        ),
        CONTENT_FAILED,
    ),
    **dict.fromkeys(
        (
            "setting_unknown",
            "setting_invalid",
            "env_unreadable",
            "prompts_unreadable",
            "phrase_missing",
            "knowledge_missing",
            "embeddings_package",
            "embeddings_unloadable",
            "token_refused",
            "text_missing",
            "script_missing",
            "scripts_none",
            "chat_missing",
            "webhook_secret_missing",
            "key_invalid",
            "key_missing",
            "key_open",
            "key_damaged",
            "key_wrong",
            "data_missing",
            "forget_unasked",
            "version_unknown",
            "document_missing",
            "document_no_file",
            "document_unknown",
            "draft_outside",
            "draft_unread",
            "draft_exists",
            "folder_taken",
            "gap_unknown",
        ),
        CALLED_WRONGLY,
    ),
}


def exit_code(error: BotError) -> int:
    """Return 1 where the content failed, 2 for a wrong call or setting, 3 for the surroundings."""
    return _EXIT_CODES.get(error.code, SURROUNDINGS_FAILED)


def load() -> "Settings":
    """Read the settings, and say which of them have no effect yet.

    Raises:
        SettingsError: one has an unknown name or an impossible value.
    """
    from bot.settings import load_settings

    loaded = load_settings()
    for name in loaded.planned:
        say_problem(BotError("setting_planned", name=name))
    return loaded.settings


@cache
def words() -> Mapping[str, str]:
    """Return what the commands print, in the language of `AKAR_LANGUAGE` or the system."""
    from bot.app.folders import prompts_folder
    from bot.backends.prompts import read_command_words
    from bot.settings import command_language, load_settings

    try:
        settings = load_settings().settings
        language, folder = command_language(settings.language), settings.prompts
    except BotError:
        language, folder = command_language(None), Path("prompts")
    try:
        return read_command_words(prompts_folder(folder), language)
    except BotError:  # The folder that is set cannot be read: say so in the words that came along.
        return read_command_words(prompts_folder(Path("prompts")), language)


def sentence(name: str, /, **values: object) -> str:
    """Return one sentence with its values filled in."""
    return words()[name].format(**values)


def error_text(error: BotError) -> str:
    """Return what an error means, and the mend; never a password or a token."""
    values = dict(error.values)
    if error.code == "setting_unknown":
        near = values.get("near")
        values["hint"] = sentence("setting_unknown_hint", near=near) if near else ""
    try:
        return redacted(sentence(error.code, **values))
    except KeyError:
        return redacted(str(error))


def say(text: str) -> None:
    """Print a line on standard output."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def say_beside(text: str) -> None:
    """Print a line on standard error, beside a result that is for programs."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def say_json(value: object, *, indent: int | None = None) -> None:
    """Print a JSON object, on a line of its own unless it is indented."""
    say(json.dumps(value, ensure_ascii=False, indent=indent))


def say_rows(names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows: as a table on a terminal, as lines in a pipe; nothing where there are none."""
    if not sys.stdout.isatty():
        for row in rows:
            say("  ".join(("", *(" ".join(value.split()) for value in row))))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*(sentence(f"column_{name}") for name in names))
    for row in rows:
        table.add_row(*map(Text, row))
    if rows:
        Console().print(table)


def say_error(error: BotError) -> None:
    """Print an error on standard error, with the findings it is about."""
    for finding in getattr(error, "findings", ()):
        sys.stderr.write(f"{finding_line(finding, Path(str(error.values['path'])))}\n")
    say_problem(error)


def say_problem(error: BotError) -> None:
    """Print one sentence on standard error."""
    say_beside(sentence("error", text=error_text(error)))


def finding_line(finding: "Finding", folder: Path) -> str:
    """Return a finding as one line: where it is, what is wrong, and the mend."""
    described = finding_object(finding, folder)
    level = sentence("mistake" if finding.level == "mistake" else "warning_level")
    place = f"{described['file']}:{described['line']}"
    return f"{place}: {level} {finding.code}: {described['message']} {described['mend']}".rstrip()


def finding_object(finding: "Finding", folder: Path) -> dict[str, Any]:
    """Return a finding as an object for programs."""
    from bot.backends.knowledge.findings import worded

    message, mend = worded(finding, words())
    return {
        "file": (folder / finding.file).as_posix(),
        "line": finding.line,
        "level": finding.level,
        "code": finding.code,
        "message": message,
        "mend": mend,
    }


def say_findings(findings: Sequence["Finding"], folder: Path, *, as_json: bool) -> None:
    """Print every finding."""
    for finding in findings:
        if as_json:
            say_json(finding_object(finding, folder))
        else:
            say(finding_line(finding, folder))


@contextmanager
def progress(doing: str = "indexing") -> Iterator[Any]:
    """Show how far something is, on a terminal; yields what hears of `done` and `total`."""
    from rich.progress import Progress

    with Progress(console=terminal(), transient=True, disable=not sys.stderr.isatty()) as shown:
        task = shown.add_task("", start=False, visible=False)

        def on_progress(done: int, total: int) -> None:
            description = sentence(doing, total=total)
            shown.update(task, completed=done, total=total, description=description, visible=True)

        yield on_progress


@cache
def terminal() -> "Console":
    """Return the console for what is not the command's result."""
    from rich.console import Console

    return Console(stderr=True)
