"""Reads YAML that people wrote by hand: every value a string, every key with its line."""

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import yaml

_LONG = 2_000  # Characters, from which on the reader in C is asked first: it takes a twentieth.
_FAST = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_ALIAS = re.compile(r"(?m)(^|[\s\[{,:?-])\*[\w-]")
_DEEP = re.compile(r"(?m)^ {20}|([?-] +){20}")
"""What may be nested deeply by its place in the line."""
_DEEPEST = 50  # Nodes within each other; what people write has fewer than ten.
_MOST = 500  # Brackets; the reader in C ends the process at some thousands within each other.


class YamlError(Exception):
    """YAML that cannot be read: the line, counted from 1, and what is wrong there."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(line, reason)
        self.line = line
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Located:
    """A mapping as plain values, and the line of each path of keys in it."""

    values: dict[str, Any]
    lines: dict[tuple[str | int, ...], int]

    def line(self, path: tuple[str | int, ...]) -> int:
        """Return the line of the deepest part of a path that is in the file."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


class _Loader(yaml.BaseLoader):
    """Makes strings only (`no` stays a word), and knows no aliases and no deep nests.

    A few lines of aliases can stand for more than any memory holds, and a nest takes time by the
    square of its depth.
    """

    _depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Compose a node as if no anchor stood before it."""
        self.anchors: dict[str, Any] = {}
        self._depth += 1
        if self._depth > _DEEPEST:
            raise RecursionError
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


def read_yaml(text: str, *, first_line: int = 1) -> Located:
    """Read one YAML mapping.

    Raises:
        YamlError: it is no YAML, no mapping, or has a key twice.
    """
    try:
        node = _composed(text)
    except RecursionError as error:
        raise YamlError(first_line, "[[[…") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = first_line + (mark.line if mark else 0)
        raise YamlError(line, error.problem or "YAML") from error
    except yaml.reader.ReaderError as error:  # A character that YAML does not allow.
        line = first_line + text[: error.position].count("\n")
        raise YamlError(line, error.reason) from error
    if node is None:
        return Located({}, {(): first_line})
    if not isinstance(node, yaml.MappingNode):
        raise YamlError(first_line + node.start_mark.line, "key: value")
    lines: dict[tuple[str | int, ...], int] = {}
    try:
        return Located(_plain(node, (), lines, first_line), lines)
    except RecursionError as error:
        raise YamlError(first_line, "[[[…") from error


def _composed(text: str) -> yaml.Node | None:
    """Compose the nodes of a text; of one that cannot be read, the careful reader says why.

    Raises:
        YAMLError: it is no YAML.
    """
    if len(text) > _LONG and _is_plain(text):
        with suppress(yaml.YAMLError):
            return yaml.compose(text, Loader=_FAST)
    return yaml.compose(text, Loader=_Loader)


def _is_plain(text: str) -> bool:
    """Say whether a text has no aliases, and no nests that the reader in C cannot take."""
    brackets = text.count("[") + text.count("{")
    return brackets <= _MOST and not _ALIAS.search(text) and not _DEEP.search(text)


def _plain(
    node: yaml.Node,
    path: tuple[str | int, ...],
    lines: dict[tuple[str | int, ...], int],
    first: int,
) -> Any:
    lines.setdefault(path, first + node.start_mark.line)
    match node:
        case yaml.MappingNode():
            return _mapping(node, path, lines, first)
        case yaml.SequenceNode():
            return [
                _plain(item, (*path, place), lines, first) for place, item in enumerate(node.value)
            ]
        case _:
            return node.value


def _mapping(
    node: yaml.MappingNode,
    path: tuple[str | int, ...],
    lines: dict[tuple[str | int, ...], int],
    first: int,
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, value in node.value:
        line = first + key.start_mark.line
        if not isinstance(key, yaml.ScalarNode):
            raise YamlError(line, "key: value")
        if key.value in values:
            raise YamlError(line, f"{key.value}: {key.value}")
        lines[*path, key.value] = line
        values[key.value] = _plain(value, (*path, key.value), lines, first)
    return values
