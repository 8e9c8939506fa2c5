"""Answers that a change of the knowledge would change, on a terminal."""

import sys
from typing import TYPE_CHECKING

from bot.cli.output import say, sentence

if TYPE_CHECKING:
    from bot.backends.knowledge.pinned import Tried
    from bot.backends.knowledge.trial import Change


def say_change(change: "Change") -> None:
    """Print a question with both answers: side by side on a terminal, as lines in a pipe."""
    if not sys.stdout.isatty():
        say(f"{_kind(change)} {change.question}")
        say(f"  {sentence('page_before')}: {_line(change.before)}")
        say(f"  {sentence('page_after')}: {_line(change.after)}")
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=f"{_kind(change)} {change.question}", title_justify="left", expand=True)
    table.add_column(sentence("page_before"), ratio=1)
    table.add_column(sentence("page_after"), ratio=1)
    table.add_row(*(Text(each.text or sentence("page_nothing")) for each in _both(change)))
    table.add_row(*(Text(f"{each.outcome} {each.card}", "dim") for each in _both(change)))
    Console().print(table)


def _both(change: "Change") -> "tuple[Tried, Tried]":
    return change.before, change.after


def _kind(change: "Change") -> str:
    return sentence("page_pinned" if change.is_pinned else "page_asked") + ":"


def _line(tried: "Tried") -> str:
    """Return an answer in one line: what it is, its card, how it begins."""
    begin = " ".join(tried.text.split())[:100]
    return " ".join(part for part in (tried.outcome, tried.card, begin) if part) or sentence(
        "page_nothing"
    )
