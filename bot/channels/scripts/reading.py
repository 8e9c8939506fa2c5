"""Reads conversation scripts, and names every mistake in them with its line."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import yaml

from bot.channels.scripts.nodes import (
    Entry,
    UnreadableError,
    documents,
    entries,
    line_of,
    texts,
)
from bot.channels.scripts.script import (
    EXPECTATIONS,
    STEPS,
    Conversation,
    Expected,
    Mistake,
    Step,
)
from bot.core.ports import ChannelError

_KEYS = ("conversation", "tags", "as", "turns")
_ONE_OF = {"outcome": ("answer", "abstain", "smalltalk"), "language": ("id", "en", "zh")}
_ENDINGS = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Scripts:
    """The conversations that were read, and the mistakes that were found."""

    conversations: tuple[Conversation, ...]
    mistakes: tuple[Mistake, ...]


def read_scripts(paths: Sequence[Path]) -> Scripts:
    """Read scripts: files, and folders of them.

    Raises:
        ChannelError: a path is missing, or there is no script.
    """
    found = [_read_file(path) for path in dict.fromkeys(_files(paths))]
    conversations = tuple(each for scripts in found for each in scripts.conversations)
    mistakes = tuple(each for scripts in found for each in scripts.mistakes)
    if not conversations and not mistakes:
        raise ChannelError("scripts_none", path=", ".join(path.as_posix() for path in paths))
    return Scripts(conversations, mistakes)


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            inside = (file for file in path.rglob("*") if file.suffix in _ENDINGS)
            yield from sorted(file for file in inside if file.is_file())
        elif path.exists():
            yield path
        else:
            raise ChannelError("script_missing", path=path.as_posix())


def _read_file(path: Path) -> Scripts:
    try:
        nodes = documents(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError:
        return Scripts((), (Mistake(path, 1, "NOT_UTF8"),))
    except OSError as error:
        raise ChannelError("script_missing", path=path.as_posix()) from error
    except UnreadableError as error:
        return Scripts((), (Mistake(path, error.line, "BAD_YAML", {"reason": error.reason}),))
    reader = _Reader(path)
    conversations = tuple(reader.conversation(node) for node in nodes)
    return Scripts(() if reader.mistakes else conversations, tuple(reader.mistakes))


class _Reader:
    """Reads the documents of one file, and goes on after a mistake to find the others."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.mistakes: list[Mistake] = []

    def conversation(self, node: yaml.Node) -> Conversation:
        """Read one document."""
        found = self._mapping(node, _KEYS, "UNKNOWN_KEY")
        for key in ("conversation", "turns"):
            if key not in found:
                self._mistake(line_of(node), "MISSING_KEY", key=key)
        return Conversation(
            self.path,
            line_of(node),
            self._one(found.get("conversation")),
            self._steps(found.get("turns")),
            self._language(found.get("as")) or "id",
            frozenset(self._texts(found.get("tags"))),
        )

    def _language(self, entry: Entry | None) -> str:
        if entry is None:
            return ""
        found = self._mapping(entry.value, ("language",), "UNKNOWN_KEY")
        return self._one(found.get("language"), of=_ONE_OF["language"])

    def _steps(self, entry: Entry | None) -> tuple[Step, ...]:
        if entry is None:
            return ()
        if not isinstance(entry.value, yaml.SequenceNode) or not entry.value.value:
            self._bad_value(entry)
            return ()
        return tuple(step for node in entry.value.value if (step := self._step(node)))

    def _step(self, node: yaml.Node) -> Step | None:
        found = self._mapping(node, (*STEPS, "bot"), "UNKNOWN_STEP")
        doing = [found[kind] for kind in STEPS if kind in found]
        if len(doing) != 1:
            if doing or found.keys() == {"bot"}:
                self._mistake(line_of(node), "NOT_ONE_STEP", there=", ".join(STEPS))
            return None
        entry = doing[0]
        forms = self._texts(entry) if entry.key == "user" else (self._one(entry),)
        expected = self._expected(found["bot"]) if "bot" in found else ()
        return Step(entry.key, tuple(forms), entry.line, expected)

    def _expected(self, entry: Entry) -> tuple[Expected, ...]:
        if isinstance(entry.value, yaml.ScalarNode) and not entry.value.value:
            return ()
        found = self._mapping(entry.value, EXPECTATIONS, "UNKNOWN_EXPECTATION")
        return tuple(self._expectation(each) for each in found.values())

    def _expectation(self, entry: Entry) -> Expected:
        if entry.key in _ONE_OF:
            return Expected(entry.key, (self._one(entry, of=_ONE_OF[entry.key]),), entry.line)
        return Expected(entry.key, self._texts(entry), entry.line)

    def _mapping(self, node: yaml.Node, known: Sequence[str], code: str) -> dict[str, Entry]:
        """Return the known keys of a mapping; `code` is the mistake that another key is."""
        if not isinstance(node, yaml.MappingNode):
            self._mistake(line_of(node), "BAD_YAML", reason="key: value")
            return {}
        found: dict[str, Entry] = {}
        for entry in entries(node):
            if entry.key not in known:
                near = next(iter(get_close_matches(entry.key, known, n=1)), "")
                there = ", ".join(known)
                self._mistake(entry.line, code, key=entry.key, near=near, there=there)
            elif entry.key in found:
                self._mistake(entry.line, "DUPLICATE_KEY", key=entry.key)
            else:
                found[entry.key] = entry
        return found

    def _texts(self, entry: Entry | None) -> tuple[str, ...]:
        found = texts(entry.value) if entry else ()
        if entry and found is None:
            self._bad_value(entry)
        return found or ()

    def _one(self, entry: Entry | None, *, of: Sequence[str] = ()) -> str:
        """Return the one text of a key, which must be one `of` these if any are named."""
        if entry is None:
            return ""
        value = entry.value.value if isinstance(entry.value, yaml.ScalarNode) else ""
        if not value.strip() or (of and value not in of):
            self._bad_value(entry, of=of)
        return str(value)

    def _bad_value(self, entry: Entry, *, of: Sequence[str] = ()) -> None:
        is_text = isinstance(entry.value, yaml.ScalarNode)
        value = entry.value.value if is_text else "[…]"
        near = next(iter(get_close_matches(value, of, n=1)), "")
        code = "UNKNOWN_VALUE" if of else "BAD_VALUE"
        self._mistake(entry.line, code, key=entry.key, value=value, near=near, there=", ".join(of))

    def _mistake(self, line: int, code: str, **values: str) -> None:
        self.mistakes.append(Mistake(self.path, line, code, values))
