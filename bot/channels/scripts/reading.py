"""Reads conversation scripts, and names every mistake in them with its line."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from bot.channels.scripts.forms import Form, mapping, near_to
from bot.channels.scripts.nodes import (
    Entry,
    UnreadableError,
    documents,
    entries,
    line_of,
    word,
)
from bot.channels.scripts.possible import impossible
from bot.channels.scripts.script import Conversation, Expected, Mistake, Step, Word
from bot.channels.scripts.vocabulary import CONVERSATION, EXPECTATIONS, SILENT, STEPS
from bot.core.ports import ChannelError

_KEYS = (*CONVERSATION, "people", "turns")
_ENDINGS = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Scripts:
    """The conversations that were read, and the mistakes that were found."""

    conversations: tuple[Conversation, ...]
    mistakes: tuple[Mistake, ...]


def read_scripts(paths: Sequence[Path], *, knowledge: Path | None = None) -> Scripts:
    """Read scripts: files, and folders of them; with the knowledge whose files they change.

    Raises:
        ChannelError: a path is missing, or there is no script.
    """
    found = [read_script(path, knowledge=knowledge) for path in dict.fromkeys(_files(paths))]
    conversations = tuple(each for scripts in found for each in scripts.conversations)
    mistakes = tuple(each for scripts in found for each in scripts.mistakes)
    if not conversations and not mistakes:
        raise ChannelError("scripts_none", path=", ".join(path.as_posix() for path in paths))
    return Scripts(conversations, mistakes)


def read_script(path: Path, *, knowledge: Path | None = None) -> Scripts:
    """Read one script.

    Raises:
        ChannelError: it cannot be read.
    """
    try:
        # With its own ends of lines: where a word stands is counted in characters.
        nodes = documents(path.read_bytes().decode())
    except UnicodeDecodeError:
        return Scripts((), (Mistake(path, 1, "NOT_UTF8"),))
    except OSError as error:
        raise ChannelError("script_missing", path=path.as_posix()) from error
    except UnreadableError as error:
        return Scripts((), (Mistake(path, error.line, "BAD_YAML", {"reason": error.reason}),))
    reader = _Reader(path)
    conversations = tuple(reader.conversation(node) for node in nodes)
    mistakes = reader.mistakes or [
        each
        for conversation in conversations
        for each in impossible(conversation, knowledge=knowledge)
    ]
    return Scripts(() if mistakes else conversations, tuple(mistakes))


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            inside = (file for file in path.rglob("*") if file.suffix in _ENDINGS)
            yield from sorted(file for file in inside if file.is_file())
        elif path.exists():
            yield path
        else:
            raise ChannelError("script_missing", path=path.as_posix())


class _Reader:
    """Reads the documents of one file, and goes on after a mistake to find the others."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.mistakes: list[Mistake] = []

    def conversation(self, node: yaml.Node) -> Conversation:
        """Read one document."""
        found = mapping(node, _KEYS, self._note) or {}
        for key in ("conversation", "turns"):
            if key not in found:
                self._note(line_of(node), "MISSING_KEY", key=key)
        people = self._people(found)
        return Conversation(
            self.path,
            line_of(node),
            self._text(found, "conversation"),
            self._steps(found.get("turns"), people),
            people,
            frozenset(each.text for each in self._words(found, "tags")),
            self._text(found, "expected_failure"),
        )

    def _people(self, found: dict[str, Entry]) -> dict[str, str]:
        """Return everybody with their language; the one person has no name."""
        if "people" not in found:
            return {"": self._language(found["as"]) if "as" in found else "id"}
        if "as" in found:
            self._note(found["as"].line, "AS_AND_PEOPLE")
        node = found["people"].value
        if not isinstance(node, yaml.MappingNode) or not node.value:
            self._note(line_of(node), "BAD_YAML", reason="people: {ibu: {language: id}}")
            return {"": "id"}
        return {entry.key: self._language(entry) for entry in entries(node)}

    def _language(self, entry: Entry) -> str:
        keys = mapping(entry.value, ("language",), self._note) or {}
        if "language" not in keys:
            return "id"
        found = EXPECTATIONS["language"].read(keys["language"], self._note)
        return found[0].text if found else "id"

    def _steps(self, entry: Entry | None, people: dict[str, str]) -> tuple[Step, ...]:
        if entry is None:
            return ()
        if not isinstance(entry.value, yaml.SequenceNode) or not entry.value.value:
            self._note(entry.line, "WRONG_FORM", key="turns", value="", like="- user: …")
            return ()
        return tuple(step for node in entry.value.value if (step := self._step(node, people)))

    def _step(self, node: yaml.Node, people: dict[str, str]) -> Step | None:
        found = mapping(node, (*STEPS, "as", "bot"), self._note, "UNKNOWN_STEP")
        doing = [each for kind, each in (found or {}).items() if kind in STEPS]
        if found is None or len(doing) != 1:
            if doing or found:
                self._note(line_of(node), "NOT_ONE_STEP", there=", ".join(STEPS))
            return None
        [entry] = doing
        expected = self._expected(found["bot"]) if "bot" in found else None
        if entry.key == "hears" and isinstance(entry.value, yaml.MappingNode):
            expected = self._expected(entry)  # `hears: {says: …}` says the same in less.
            forms: tuple[Word, ...] = (Word("true", entry.line),)
        else:
            forms = STEPS[entry.key].read(entry, self._note)
        person = self._person(found.get("as"), people)
        return Step(entry.key, forms, entry.line, expected, person) if forms else None

    def _person(self, entry: Entry | None, people: dict[str, str]) -> str:
        """Return who acts: the one who is named, else the first."""
        if entry is None:
            return next(iter(people))
        found = word(entry.value)
        name = found.text if found else ""
        if name not in people:
            there = ", ".join(people)
            near = near_to(name, list(people))
            self._note(entry.line, "UNKNOWN_PERSON", name=name, near=near, there=there)
        return name

    def _expected(self, entry: Entry) -> tuple[Expected, ...]:
        node = entry.value
        if isinstance(node, yaml.ScalarNode) and node.value == SILENT:
            return (Expected(SILENT, (Word(SILENT, entry.line),), entry.line),)
        if isinstance(node, yaml.ScalarNode) and not node.value:
            return ()
        found = mapping(node, tuple(EXPECTATIONS), self._note, "UNKNOWN_EXPECTATION") or {}
        return tuple(self._expectation(EXPECTATIONS[name], each) for name, each in found.items())

    def _expectation(self, form: Form, entry: Entry) -> Expected:
        return Expected(entry.key, form.read(entry, self._note), entry.line)

    def _words(self, found: dict[str, Entry], key: str) -> tuple[Word, ...]:
        return CONVERSATION[key].read(found[key], self._note) if key in found else ()

    def _text(self, found: dict[str, Entry], key: str) -> str:
        return "".join(each.text for each in self._words(found, key))

    def _note(self, line: int, code: str, **values: str) -> None:
        self.mistakes.append(Mistake(self.path, line, code, values))
