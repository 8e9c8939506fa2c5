"""How a value in a script may be written: read with its mistakes, and told to editors."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from difflib import get_close_matches
from typing import Any, Protocol

import yaml

from bot.channels.scripts.nodes import Entry, entries, line_of, word, words
from bot.channels.scripts.script import Word

Json = dict[str, Any]


class Note(Protocol):
    """Takes down a mistake."""

    def __call__(self, line: int, code: str, **values: str) -> None:
        """Take it down; `code` names its sentence."""
        ...


class Form(Protocol):
    """How a value may be written."""

    @property
    def like(self) -> str:
        """An example of it."""
        ...

    def read(self, entry: Entry, note: Note) -> tuple[Word, ...]:
        """Return what was written; nothing where it is a mistake, which is noted."""
        ...

    def schema(self) -> Json:
        """Return the JSON Schema of it."""
        ...


@dataclass(frozen=True)
class Text:
    """A text."""

    like: str

    def read(self, entry: Entry, note: Note) -> tuple[Word, ...]:
        """Return the text."""
        found = word(entry.value)
        if found is None:
            _bad(entry, note, like=self.like)
        return (found,) if found else ()

    def schema(self) -> Json:
        """Return the JSON Schema of it."""
        return {"type": ["string", "number", "boolean"]}


@dataclass(frozen=True)
class Texts:
    """A text, or a list of texts."""

    like: str
    count: int = 0
    """How many there must be; 0 for any number."""

    def read(self, entry: Entry, note: Note) -> tuple[Word, ...]:
        """Return the texts."""
        found = words(entry.value) or ()
        if not found or self.count not in (0, len(found)):
            _bad(entry, note, like=self.like)
            return ()
        return found

    def schema(self) -> Json:
        """Return the JSON Schema of it."""
        one = Text("").schema()
        many = {"type": "array", "items": one, "minItems": self.count or 1}
        return many | {"maxItems": self.count} if self.count else {"anyOf": [one, many]}


@dataclass(frozen=True)
class OneOf:
    """One of these names."""

    names: tuple[str, ...]

    @property
    def like(self) -> str:
        """All of them."""
        return " · ".join(self.names)

    def read(self, entry: Entry, note: Note) -> tuple[Word, ...]:
        """Return the name."""
        found = word(entry.value)
        if found and found.text in self.names:
            return (found,)
        value = _shown(entry.value)
        there, near = ", ".join(self.names), near_to(value, self.names)
        note(entry.line, "UNKNOWN_VALUE", key=entry.key, value=value, near=near, there=there)
        return ()

    def schema(self) -> Json:
        """Return the JSON Schema of it."""
        return {"enum": list(self.names)}


@dataclass(frozen=True)
class Shaped:
    """A text of a certain shape; `others` are what YAML may take it for, as JSON Schema."""

    like: str
    pattern: str
    others: tuple[Json, ...] = field(default=(), hash=False)

    def read(self, entry: Entry, note: Note) -> tuple[Word, ...]:
        """Return the text."""
        found = word(entry.value)
        if found and re.fullmatch(self.pattern, found.text.strip()) and self.is_possible(found):
            return (found,)
        _bad(entry, note, like=self.like)
        return ()

    def is_possible(self, _: Word) -> bool:
        """Say whether there is such a thing, beside its shape."""
        return True

    def schema(self) -> Json:
        """Return the JSON Schema of it."""
        return {"anyOf": [{"type": "string", "pattern": f"^({self.pattern})$"}, *self.others]}


def whole(like: int) -> Shaped:
    """A whole number above 0."""
    return Shaped(str(like), r"[1-9]\d{0,8}", ({"type": "integer", "minimum": 1},))


YES = Shaped("true", "true", ({"enum": [True]},))
SECONDS = Shaped("2s", r"\d{1,4}(\.\d{1,3})?s")
COMMAND = Shaped("/start", r"/\S.*")


class _Moment(Shaped):
    """A date and time with its zone."""

    def is_possible(self, found: Word) -> bool:
        """Say whether the calendar has it."""
        try:
            return moment(found.text).tzinfo is not None
        except ValueError:
            return False


MOMENT = _Moment("2042-12-01T09:00+07:00", r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)")


@dataclass(frozen=True)
class Expression:
    """A regular expression."""

    like: str

    def read(self, entry: Entry, note: Note) -> tuple[Word, ...]:
        """Return the expression."""
        found = Text(self.like).read(entry, note)
        try:
            re.compile(found[0].text if found else "")
        except re.error as error:
            note(entry.line, "BAD_PATTERN", value=found[0].text, reason=str(error))
            return ()
        return found

    def schema(self) -> Json:
        """Return the JSON Schema of it."""
        return {"type": "string", "format": "regex"}


@dataclass(frozen=True)
class Fields:
    """A mapping of these keys; its word is JSON."""

    like: str
    keys: Mapping[str, Form] = field(hash=False)
    needed: tuple[str, ...] = ()

    def read(self, entry: Entry, note: Note) -> tuple[Word, ...]:
        """Return the mapping as one word."""
        found = mapping(entry.value, tuple(self.keys), note)
        for key in self.needed:
            if found is not None and key not in found:
                note(entry.line, "MISSING_KEY", key=key)
        given = {key: self._value(each, note) for key, each in (found or {}).items()}
        node = entry.value
        text = json.dumps(given, ensure_ascii=False)
        return (Word(text, line_of(node), node.start_mark.index, node.end_mark.index),)

    def _value(self, entry: Entry, note: Note) -> str | list[str]:
        form = self.keys[entry.key]
        found = [each.text for each in form.read(entry, note)]
        return found if isinstance(form, Texts) else "".join(found)

    def schema(self) -> Json:
        """Return the JSON Schema of it."""
        return {
            "type": "object",
            "properties": {key: form.schema() for key, form in self.keys.items()},
            "required": list(self.needed),
            "additionalProperties": False,
        }


@dataclass(frozen=True)
class OneOrMore:
    """A value of some form, or a list of such."""

    form: Form

    @property
    def like(self) -> str:
        """An example of one."""
        return self.form.like

    def read(self, entry: Entry, note: Note) -> tuple[Word, ...]:
        """Return all of them."""
        several = isinstance(entry.value, yaml.SequenceNode)
        nodes = entry.value.value if several else [entry.value]
        found = [self.form.read(Entry(entry.key, line_of(node), node), note) for node in nodes]
        return tuple(each for words_ in found for each in words_)

    def schema(self) -> Json:
        """Return the JSON Schema of it."""
        one = self.form.schema()
        return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]}


def mapping(
    node: yaml.Node, known: Sequence[str], note: Note, code: str = "UNKNOWN_KEY"
) -> dict[str, Entry] | None:
    """Return the known keys of a mapping, None where it is none; another key is a mistake."""
    if not isinstance(node, yaml.MappingNode):
        note(line_of(node), "BAD_YAML", reason="key: value")
        return None
    found: dict[str, Entry] = {}
    for entry in entries(node):
        if entry.key not in known:
            near, there = near_to(entry.key, known), ", ".join(known)
            note(entry.line, code, key=entry.key, near=near, there=there)
        elif entry.key in found:
            note(entry.line, "DUPLICATE_KEY", key=entry.key)
        else:
            found[entry.key] = entry
    return found


def near_to(name: str, known: Sequence[str]) -> str:
    """Return the name that was probably meant, or nothing."""
    return next(iter(get_close_matches(name, known, n=1)), "")


def seconds(text: str) -> float:
    """Return how long `2s` is."""
    return float(text.strip().removesuffix("s"))


def moment(text: str) -> datetime:
    """Return a date and time with its zone."""
    return datetime.fromisoformat(text.strip().replace("Z", "+00:00"))


def _bad(entry: Entry, note: Note, *, like: str) -> None:
    note(entry.line, "WRONG_FORM", key=entry.key, value=_shown(entry.value), like=like)


def _shown(node: yaml.Node) -> str:
    return str(node.value) if isinstance(node, yaml.ScalarNode) else "[…]"
