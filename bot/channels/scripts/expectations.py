"""What came of the bot, and whether it is as a script expects."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.channels.scripts.grounds import ungrounded
from bot.channels.scripts.script import Expected, Word

Json = dict[str, Any]

_NOBODYS: Mapping[str, Any] = {
    "outcome": None,
    "language": "",
    "card": None,
    "sources": [],
    "verdicts": None,
    "body": "",
}
"""A turn of which the bot reported nothing."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a person sees of the bot's answer, and what the bot reports of its turn."""

    texts: tuple[str, ...] = ()
    buttons: tuple[str, ...] = ()
    toast: str = ""
    pictures: int = 0
    milliseconds: float = 0.0
    turn: Mapping[str, Any] = field(default_factory=lambda: _NOBODYS, hash=False)
    grounds: tuple[str, ...] = ()
    """What the cited cards say."""
    recorded: str = ""
    staff_texts: tuple[str, ...] = ()
    """What came in the staff chat."""

    @property
    def is_nothing(self) -> bool:
        """Whether nothing came."""
        return not (self.texts or self.toast or self.buttons or self.pictures)

    @property
    def text(self) -> str:
        """All that was said, without differences of case and white space."""
        return plain(" ".join(self.texts))


@dataclass(frozen=True, slots=True)
class Unmet:
    """An expectation that does not hold, and what came instead."""

    name: str
    expected: str
    came: str
    line: int
    word: Word = field(default_factory=lambda: Word(""))


@dataclass(frozen=True, slots=True)
class Report:
    """What the bot reports of one update: its turn, and what it rests on."""

    turn: Mapping[str, Any] = field(default_factory=lambda: _NOBODYS)
    grounds: tuple[str, ...] = ()
    recorded: str = ""


def seen(
    sent: Sequence[Json],
    report: Report,
    *,
    milliseconds: float = 0.0,
    staff_texts: tuple[str, ...] = (),
) -> Seen:
    """Put together what was sent in one chat, and the bot's own report of the turn."""
    shown = [entry for entry in sent if entry["ok"]]
    toasts = [entry["params"].get("text") or "" for entry in shown if _is_answer(entry)]
    return Seen(
        texts=tuple(entry["text"] for entry in shown if "text" in entry and not _is_answer(entry)),
        buttons=tuple(
            label for entry in shown for row in entry.get("buttons", ()) for label in row
        ),
        toast=next((toast for toast in toasts if toast), ""),
        pictures=sum(entry["method"] == "sendPhoto" for entry in shown),
        milliseconds=milliseconds,
        turn=report.turn,
        grounds=report.grounds,
        recorded=report.recorded,
        staff_texts=staff_texts,
    )


def unmet(expected: Sequence[Expected], came: Seen) -> tuple[Unmet, ...]:
    """Return what does not hold of the expectations."""
    missed = []
    for each in expected:
        kind = KINDS[each.name]
        for value in kind.missed(each.values, came):
            missed.append(
                Unmet(each.name, value.text, kind.came(came), value.line or each.line, value)
            )
    return tuple(missed)


Test = Callable[[str, Seen], bool]
Missed = Callable[[tuple[Word, ...], Seen], Sequence[Word]]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of expectation: which of its values are missed, and what came."""

    missed: Missed
    came: Callable[[Seen], str]


def _each(test: Test) -> Missed:
    """Every value must hold."""
    return lambda values, came: [value for value in values if not test(value.text, came)]


def _any(test: Test) -> Missed:
    """One of the values must hold."""

    def missed(values: tuple[Word, ...], came: Seen) -> Sequence[Word]:
        if any(test(value.text, came) for value in values):
            return ()
        names = " | ".join(value.text for value in values)
        return (Word(names, values[0].line),)

    return missed


def _equals(name: str) -> Kind:
    """What the turn says under a name is the value."""
    return Kind(
        _each(lambda value, came: value == came.turn[name]),
        lambda came: str(came.turn[name] or ""),
    )


def _cards(came: Seen) -> list[str]:
    return list(dict.fromkeys(str(source["card"]) for source in came.turn["sources"]))


def _verdicts(came: Seen) -> list[Json]:
    return list(came.turn["verdicts"] or ())


def _wrong_verdicts(values: tuple[Word, ...], came: Seen) -> Sequence[Word]:
    """Return the verdicts that are not those of the products, in their order."""
    there = _verdicts(came)
    return [
        value
        for place, value in enumerate(values)
        if place >= len(there) or not _is_verdict(json.loads(value.text), there[place])
    ]


def _is_verdict(wanted: Json, verdict: Json) -> bool:
    said = {name: "null" if value is None else str(value) for name, value in verdict.items()}
    return all(plain(said.get(name, "")) == plain(value) for name, value in wanted.items())


def _said(came: Seen) -> str:
    return "\n\n".join(came.texts)


def _at_most(count: Callable[[Seen], float]) -> Kind:
    """A number is not above the value."""
    return Kind(
        _each(lambda value, came: count(came) <= float(value)), lambda came: f"{count(came):g}"
    )


def _is_there(value: str, labels: Sequence[str]) -> bool:
    return plain(value) in {plain(label) for label in labels}


def _loose(came: Seen) -> list[str]:
    """What of an answer stands in no cited card."""
    return ungrounded(str(came.turn["body"]), came.grounds)


def plain(text: str) -> str:
    """Return a text without differences of case and white space."""
    return " ".join(text.casefold().split())


KINDS: Mapping[str, Kind] = {
    "outcome": _equals("outcome"),
    "language": _equals("language"),
    "card": _equals("card"),
    "says": Kind(_each(lambda value, came: plain(value) in came.text), _said),
    "says_any": Kind(_any(lambda value, came: plain(value) in came.text), _said),
    "never": Kind(_each(lambda value, came: plain(value) not in came.text), _said),
    "matches": Kind(
        _each(lambda value, came: bool(re.search(value, "\n\n".join(came.texts)))), _said
    ),
    "cites": Kind(
        _each(lambda value, came: value in _cards(came)), lambda came: ", ".join(_cards(came))
    ),
    "verdict": Kind(_wrong_verdicts, lambda came: json.dumps(_verdicts(came), ensure_ascii=False)),
    "buttons": Kind(
        _each(lambda value, came: _is_there(value, came.buttons)),
        lambda came: " | ".join(came.buttons),
    ),
    "toast": Kind(
        _each(lambda value, came: plain(value) in plain(came.toast)), lambda came: came.toast
    ),
    "picture": Kind(_each(lambda _, came: came.pictures > 0), _said),
    "max_chars": _at_most(lambda came: len("\n\n".join(came.texts))),
    "max_messages": _at_most(lambda came: len(came.texts)),
    "within_ms": _at_most(lambda came: round(came.milliseconds)),
    "grounded": Kind(_each(lambda _, came: not _loose(came)), lambda came: ", ".join(_loose(came))),
    "recorded": Kind(_each(lambda value, came: value == came.recorded), lambda came: came.recorded),
    "staff_chat": Kind(
        _each(lambda value, came: plain(value) in plain(" ".join(came.staff_texts))),
        lambda came: "\n\n".join(came.staff_texts),
    ),
    "silent": Kind(_each(lambda _, came: came.is_nothing), lambda came: _said(came) or came.toast),
}
"""How each expectation is judged."""


def _is_answer(entry: Json) -> bool:
    return bool(entry["method"] == "answerCallbackQuery")
