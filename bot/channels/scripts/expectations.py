"""Compares what came with what a script expects."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.channels.scripts.script import Expected

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Seen:
    """What a person sees of the bot's answer, and what the bot reports of its turn."""

    texts: tuple[str, ...] = ()
    buttons: tuple[str, ...] = ()
    toast: str = ""
    outcome: str = ""
    language: str = ""
    cards: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unmet:
    """An expectation that does not hold, and what came instead."""

    name: str
    expected: str
    came: str
    line: int


def seen(sent: Sequence[Json], turn: Json) -> Seen:
    """Put together what was sent in one chat during a turn, and the turn's own report."""
    shown = [entry for entry in sent if entry["ok"]]
    toasts = [entry["params"].get("text") or "" for entry in shown if _is_answer(entry)]
    return Seen(
        texts=tuple(entry["text"] for entry in shown if "text" in entry and not _is_answer(entry)),
        buttons=tuple(
            label for entry in shown for row in entry.get("buttons", ()) for label in row
        ),
        toast=next((toast for toast in toasts if toast), ""),
        outcome=turn["outcome"] or "",
        language=turn["language"],
        cards=tuple(source["card"] for source in turn["sources"]),
    )


def unmet(expected: Sequence[Expected], came: Seen) -> tuple[Unmet, ...]:
    """Return what does not hold of the expectations."""
    return tuple(
        Unmet(each.name, value, _came(each.name, came), each.line)
        for each in expected
        for value in each.values
        if not _holds(each.name, value, came)
    )


def _holds(name: str, value: str, came: Seen) -> bool:
    match name:
        case "outcome":
            return value == came.outcome
        case "language":
            return value == came.language
        case "cites":
            return value in came.cards
        case "buttons":
            return _plain(value) in {_plain(label) for label in came.buttons}
        case "says":
            return _plain(value) in _plain(" ".join(came.texts))
        case _:  # "never"
            return _plain(value) not in _plain(" ".join(came.texts))


def _came(name: str, came: Seen) -> str:
    match name:
        case "outcome":
            return came.outcome
        case "language":
            return came.language
        case "cites":
            return ", ".join(dict.fromkeys(came.cards))
        case "buttons":
            return " | ".join(came.buttons)
        case _:
            return "\n\n".join(came.texts)


def _is_answer(entry: Json) -> bool:
    return bool(entry["method"] == "answerCallbackQuery")


def _plain(text: str) -> str:
    """Return a text without differences of case and white space."""
    return " ".join(text.casefold().split())
