"""Whether the steps of a conversation can be taken one after the other."""

import json
from collections.abc import Iterator
from difflib import get_close_matches
from itertools import pairwise
from pathlib import Path

from bot.channels.scripts.forms import moment
from bot.channels.scripts.script import Conversation, Mistake, Step
from bot.channels.scripts.vocabulary import UPLOADS

_BEFORE = {
    "press": ("user", "command", "edit", "press", "vote", "hears", *UPLOADS),
    "staff": ("user", "press", "command"),
    "vote": ("press", "command", "vote", "hears"),
    "edit": ("user",),
    "resend": ("user", "command", "press", "vote", "edit", *UPLOADS),
}
"""What a person must have done before a step."""


def impossible(conversation: Conversation, *, knowledge: Path | None) -> Iterator[Mistake]:
    """Yield what nobody could do."""
    path = conversation.path
    yield from _too_early(conversation)
    yield from _back_in_time(conversation)
    for step in conversation.steps:
        if step.kind in UPLOADS and step.text != "true":
            yield from _missing(path, step, step.text, folder=path.parent)
        if step.kind == "change" and knowledge:
            change = json.loads(step.text)
            yield from _missing(path, step, change["file"], folder=knowledge)


def _too_early(conversation: Conversation) -> Iterator[Mistake]:
    done: dict[str, set[str]] = {name: set() for name in conversation.people}
    for step in conversation.steps:
        needed = _BEFORE.get(step.kind, ())
        if needed and not done[step.person].intersection(needed):
            values = {"key": step.kind, "there": ", ".join(needed[:2])}
            yield Mistake(conversation.path, step.line, "TOO_EARLY", values)
        if step.kind == "new_person":
            done[step.person].clear()
        done[step.person].add(step.kind)


def _back_in_time(conversation: Conversation) -> Iterator[Mistake]:
    steps = [step for step in conversation.steps if step.kind == "at"]
    for before, step in pairwise(steps):
        if moment(step.text) < moment(before.text):
            values = {"before": before.text, "after": step.text}
            yield Mistake(conversation.path, step.line, "BACK_IN_TIME", values)


def _missing(path: Path, step: Step, name: str, *, folder: Path) -> Iterator[Mistake]:
    """Yield a file that is not there, with the name that was probably meant."""
    if (folder / name).is_file() and (folder / name).resolve().is_relative_to(folder.resolve()):
        return
    there = [file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()]
    near = next(iter(get_close_matches(name, there, n=1, cutoff=0.5)), "")
    yield Mistake(path, step.line, "NO_FILE", {"key": step.kind, "file": name, "near": near})
