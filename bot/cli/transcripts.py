"""How played conversations went, as people read it: a line each, and what was said."""

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli.output import sentence

if TYPE_CHECKING:
    from rich.console import Console

    from bot.channels.scripts.expectations import Unmet
    from bot.channels.scripts.results import Failure, Result, Said
    from bot.channels.scripts.script import Case

_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")  # They would move the cursor.
_FORM = 60  # Characters of a form that are shown.
_STYLES = {"passed": "green", "known": "yellow", "failed": "bold red", "mended": "bold red"}

Part = str | tuple[str, str]
"""A text, or a text with its style."""


def place(path: Path) -> str:
    """Return a script's path as it is reached from here."""
    here = Path.cwd()
    return (path.relative_to(here) if path.is_relative_to(here) else path).as_posix()


def title(case: "Case") -> str:
    """Name a case: its file, its conversation, and the form that sets it apart."""
    named = f"{place(case.conversation.path)}  {case.conversation.name}"
    return f"{named}  «{shown_form(case)}»" if case.form else named


def shown_form(case: "Case") -> str:
    """Return the beginning of the form that sets a case apart."""
    form = " ".join(case.form.split())
    return form if len(form) <= _FORM else f"{form[: _FORM - 1]}…"


def tell(result: "Result", console: "Console") -> None:
    """Print how a case went, in one line."""
    status = result.status
    reason = result.case.conversation.expected_failure
    more = f"  ({reason})" if reason else ""
    _print(
        console, (sentence(f"status_{status}"), _STYLES[status]), f"  {title(result.case)}{more}"
    )


def tell_failure(result: "Result", console: "Console") -> None:
    """Print what was said up to a failure, what was expected there, and what came."""
    _print(console)
    for parts in lines(result):
        _print(console, *parts)


def lines(result: "Result") -> Iterator[tuple[Part, ...]]:
    """Yield the lines that tell what went wrong."""
    failure = result.failure
    kind = sentence(f"failure_{failure.kind}") if failure else sentence("status_mended")
    yield ((f"{title(result.case)} ({kind})", "bold"),)
    for said in result.transcript:
        yield (_indented(_said(said)),)
    if failure:
        yield from _missed(result, failure)
    else:
        reason = result.case.conversation.expected_failure
        where = f"{place(result.case.conversation.path)}:{result.case.conversation.line}: "
        yield (where, (sentence("failure_mended", reason=reason), "red"))


def _missed(result: "Result", failure: "Failure") -> Iterator[tuple[Part, ...]]:
    path = place(result.case.conversation.path)
    for each in failure.unmet:
        yield (f"{path}:{each.line}: ", (missed(each), "red"))
    for came in dict.fromkeys(each.came for each in failure.unmet if each.expected):
        yield ((_indented(sentence("came", came=came or "–")), "yellow"),)


def missed(unmet: "Unmet") -> str:
    """Say what was expected, or what happened instead of an answer."""
    match unmet.name:
        case "silent" if not unmet.expected:
            return sentence("bot_silent", seconds=unmet.came)
        case "change":
            return sentence("failure_change", expected=unmet.expected)
        case "unanswered" | "logged" | "refused":
            return sentence(f"failure_{unmet.name}", came=unmet.came)
        case _:
            return sentence("expected", name=unmet.name, expected=unmet.expected)


def _said(said: "Said") -> str:
    buttons = "".join(f"\n[{label}]" for label in said.buttons)
    if said.who == "around":
        return f"({said.text})"
    name = sentence(f"said_by_{said.who}")
    person = f" ({said.person})" if said.person else ""
    return f"{name}{person}: {said.text}{buttons}"


def _indented(text: str) -> str:
    return textwrap.indent(text, " " * 6)[4:]


def _print(console: "Console", *parts: Part) -> None:
    """Print a line in colour on a terminal, plainly and unbroken in a pipe."""
    from rich.text import Text

    line = Text.assemble(*parts)
    line.plain = _CONTROL.sub("�", line.plain)
    console.print(line, soft_wrap=True)
