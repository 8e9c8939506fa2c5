"""The bot's new wording: shown, and written into the scripts."""

import sys
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from bot.cli.output import say, sentence
from bot.core.ports import BotError

if TYPE_CHECKING:
    from bot.channels.scripts.results import Result
    from bot.channels.scripts.rewording import Rewording


def offer_wording(results: "Sequence[Result]") -> None:
    """Show what the scripts would say, ask on a terminal, and write it."""
    from bot.channels.scripts.rewording import rewordings

    changes = rewordings(results)
    if not changes:
        say(sentence("wording_none"))
        return
    for each in changes:
        place = f"{each.path.as_posix()}:{each.word.line}"
        say(f"{place}: {each.name}\n  - {each.word.text}\n  + {each.new}")
    if sys.stdin.isatty() and not typer.confirm(sentence("wording_question", count=len(changes))):
        return
    for path, those in groupby(sorted(changes, key=lambda each: each.path), lambda each: each.path):
        _write(path, list(those))
    say(sentence("wording_written", count=len(changes)))


def _write(path: Path, changes: "Sequence[Rewording]") -> None:
    from bot.channels.scripts.rewording import reworded

    try:
        text = path.read_bytes().decode()
        path.write_bytes(reworded(text, changes).encode())
    except OSError as error:
        raise BotError("file_unwritable", path=path, reason=error) from error
