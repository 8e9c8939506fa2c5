"""YAML that people wrote by hand, as nodes that know their lines; every value is a string."""

from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from bot.channels.scripts.script import Word


class UnreadableError(Exception):
    """YAML that cannot be read: the line, counted from 1, and what is wrong there."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(line, reason)
        self.line = line
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Entry:
    """A key of a mapping, where it stands, and its value."""

    key: str
    line: int
    value: yaml.Node


def documents(text: str) -> list[yaml.Node]:
    """Return the documents of a text, without empty ones.

    Raises:
        UnreadableError: it is no YAML.
    """
    try:
        found = list(yaml.compose_all(text, Loader=yaml.BaseLoader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise UnreadableError(mark.line + 1 if mark else 1, error.problem or "YAML") from error
    except yaml.YAMLError as error:  # A character that YAML does not allow.
        raise UnreadableError(1, str(error).splitlines()[0]) from error
    return [node for node in found if not is_empty(node)]


def is_empty(node: yaml.Node) -> bool:
    """Say whether nothing was written."""
    return isinstance(node, yaml.ScalarNode) and not node.value.strip()


def line_of(node: yaml.Node) -> int:
    """Return the line, counted from 1, on which a node begins."""
    return int(node.start_mark.line) + 1


def entries(node: yaml.MappingNode) -> Iterator[Entry]:
    """Yield the keys of a mapping in their order; one that is no text yields its own YAML."""
    for key, value in node.value:
        name = key.value if isinstance(key, yaml.ScalarNode) else yaml.serialize(key).strip()
        yield Entry(str(name), line_of(key), value)


def word(node: yaml.Node) -> Word | None:
    """Return a text; None for anything else, and for an empty one."""
    if not isinstance(node, yaml.ScalarNode) or is_empty(node):
        return None
    return Word(str(node.value), line_of(node), node.start_mark.index, node.end_mark.index)


def words(node: yaml.Node) -> tuple[Word, ...] | None:
    """Return a text, or a list of texts; None for anything else, and for an empty list."""
    items = node.value if isinstance(node, yaml.SequenceNode) else [node]
    found = [each for item in items if (each := word(item))]
    return tuple(found) if found and len(found) == len(items) else None
