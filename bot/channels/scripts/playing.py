"""Plays one case of a script, step by step, until something is not as written."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from bot.channels.scripts.expectations import Seen, Unmet, seen, unmet
from bot.channels.scripts.script import Case, Step
from bot.channels.scripts.stage import RefusedError, Stage

Json = dict[str, Any]

PATIENCE = 20.0
"""Seconds within which the bot must answer."""


@dataclass(frozen=True, slots=True)
class Said:
    """One line of a transcript; `who` is `person` or `bot`."""

    who: Literal["person", "bot"]
    text: str
    buttons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """What is not as written: the content of an answer, or the system that makes it."""

    kind: Literal["content", "system"]
    line: int
    unmet: tuple[Unmet, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """How a case went: what was said, up to the failure if there is one."""

    case: Case
    transcript: tuple[Said, ...]
    failure: Failure | None = None


def play(case: Case, stage: Stage, *, patience: float = PATIENCE) -> Result:
    """Play a case in a fresh chat, as someone whom the bot has never met.

    Raises:
        ChannelError: the bot ended.
    """
    person = stage.new_person(case.conversation.language)
    transcript: list[Said] = []
    for step in case.steps:
        transcript.append(Said("person", step.forms[0]))
        failure, answers = _take(step, stage, person, patience=patience)
        transcript.extend(answers)
        if failure:
            return Result(case, tuple(transcript), failure)
    return Result(case, tuple(transcript))


def _take(
    step: Step, stage: Stage, person: Json, *, patience: float
) -> tuple[Failure | None, Sequence[Said]]:
    """Take one step, and wait for what the bot answers."""
    written = len(stage.bot.written)
    try:
        done = _do(step, stage, person["key"])
    except RefusedError as refused:
        return _refused(step, refused), ()
    turn = stage.turn(done["update_id"], seconds=patience, written=written)
    sent = stage.sent(person["chat_id"], after=done["sequence"])
    log = stage.bot.failure(after=written)
    failure: Failure | None
    refusals = [entry["description"] for entry in sent if not entry["ok"]]
    if log:
        failure = _failure("system", step, Unmet("logged", "", log, step.line))
    elif turn is None:
        failure = _failure("system", step, Unmet("silent", "", f"{patience:g}", step.line))
    elif refusals:
        failure = _failure("system", step, Unmet("refused", "", "\n".join(refusals), step.line))
    else:
        failure = _judged(step, seen(sent, turn))
    return failure, _answers(sent)


def _do(step: Step, stage: Stage, person: str) -> Json:
    if step.kind == "press":
        return stage.act("press", person=person, label=step.forms[0])
    return stage.act("say", person=person, text=step.forms[0])


def _judged(step: Step, came: Seen) -> Failure | None:
    """Compare an answer with what is expected of it, which is at least that there is one."""
    if not (came.texts or came.toast or came.buttons):
        return _failure("content", step, Unmet("unanswered", "", "", step.line))
    missed = unmet(step.expected, came)
    return _failure("content", step, *missed) if missed else None


def _refused(step: Step, refused: RefusedError) -> Failure:
    if refused.labels is None:
        return _failure("system", step, Unmet("refused", "", refused.reason, step.line))
    labels = " | ".join(refused.labels)
    return _failure("content", step, Unmet("press", step.forms[0], labels, step.line))


def _failure(kind: Literal["content", "system"], step: Step, *missed: Unmet) -> Failure:
    return Failure(kind, step.line, missed)


def _answers(sent: Sequence[Json]) -> list[Said]:
    """Return what a person saw, for the transcript."""
    answers = []
    for entry in sent:
        text = entry.get("text") or entry["params"].get("text") or ""
        labels = tuple(label for row in entry.get("buttons", ()) for label in row)
        if entry["ok"] and (text or labels):
            answers.append(Said("bot", text, labels))
    return answers
