"""Reads and checks a whole knowledge folder."""

import codecs
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from bot.backends.knowledge.content import LANGUAGES, Content, ProgramEntry, SourceEntry
from bot.backends.knowledge.findings import Finding, nearest
from bot.backends.knowledge.markdown import ReadCard, read_file
from bot.backends.knowledge.yamls import Located, YamlError, read_yaml
from bot.core.messages import DEFAULT_LANGUAGE, Language
from bot.core.ports import KnowledgeError

SOURCES, GLOSSARY, PROGRAM = "sources.yaml", "glossary.yaml", "program.yaml"

Entry = TypeVar("Entry", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Checked:
    """A folder that was read: what it holds, and every finding, in the order of the files."""

    content: Content
    findings: tuple[Finding, ...]

    @property
    def mistakes(self) -> tuple[Finding, ...]:
        """Return what keeps the content from going live."""
        return tuple(finding for finding in self.findings if finding.level == "mistake")


def check_folder(folder: Path, *, today: date) -> Checked:
    """Read every file of the folder, and name everything that is wrong.

    Raises:
        KnowledgeError: there is no such folder, or it cannot be read.
    """
    if not folder.is_dir():
        raise KnowledgeError("knowledge_missing", path=folder)
    try:
        return _Folder(folder, today).check()
    except OSError as error:
        raise KnowledgeError("knowledge_unreadable", path=folder, reason=error) from error


class _Folder:
    """One reading of a folder."""

    def __init__(self, folder: Path, today: date) -> None:
        self.folder = folder
        self.today = today
        self.findings: set[Finding] = set()
        self.cards: list[ReadCard] = []

    def check(self) -> Checked:
        sources = self._sources()
        program = self._program()
        glossary = self._glossary()
        for path in sorted(self.folder.rglob("*.md")):
            self._read_cards(path.relative_to(self.folder))
        self._warn_of_unread_files()
        if all(read.draft for read in self.cards) and not self.findings:
            self.findings.add(Finding(".", 1, "NO_CARDS"))
        self.findings.update(self._cross_findings(sources, program))
        cards = tuple(read.card for read in self.cards if not read.draft)
        content = Content(cards, sources, glossary, program)
        return Checked(content, tuple(sorted(self.findings, key=_place)))

    def _read_cards(self, path: Path) -> None:
        file = path.as_posix()
        if path.name.startswith(("README", "_")) or _is_hidden(path):
            return
        text = self._text(path)
        if text is None:
            return
        stem, language = _split_language(file)
        read = read_file(text, file=file, stem=stem, language=language)
        self.cards += read.cards
        self.findings.update(read.findings)

    def _text(self, path: Path) -> str | None:
        content = (self.folder / path).read_bytes().removeprefix(codecs.BOM_UTF8)
        try:
            text = content.decode()
        except UnicodeDecodeError as error:
            end = error.start
        else:
            if "\0" not in text:
                return text
            end = content.index(0)  # UTF-16, mostly.
        line = content[:end].count(b"\n") + 1
        self.findings.add(Finding(path.as_posix(), line, "NOT_UTF8"))
        return None

    def _yaml(self, name: str) -> Located:
        empty = Located({}, {})
        if not (self.folder / name).is_file():
            return empty
        text = self._text(Path(name))
        try:
            return read_yaml(text or "")
        except YamlError as error:
            self.findings.add(Finding(name, error.line, "BAD_YAML", {"reason": error.reason}))
            return empty

    def _sources(self) -> dict[str, SourceEntry]:
        located = self._yaml(SOURCES)
        sources = {}
        for code, entry in located.values.items():
            if (source := self._valid(SourceEntry, entry, located, SOURCES, (code,))) is not None:
                sources[code] = source
        return sources

    def _program(self) -> ProgramEntry:
        located = self._yaml(PROGRAM)
        entry = self._valid(ProgramEntry, located.values, located, PROGRAM, ())
        return entry or ProgramEntry()

    def _glossary(self) -> dict[str, str]:
        located = self._yaml(GLOSSARY)
        glossary = {}
        for typed, word in located.values.items():
            if isinstance(word, str):
                glossary[typed.casefold()] = word
            else:
                values = {"key": typed, "value": word}
                finding = Finding(GLOSSARY, located.line((typed,)), "BAD_VALUE", values)
                self.findings.add(finding)
        return glossary

    def _valid(
        self,
        model: type[Entry],
        values: Any,
        located: Located,
        file: str,
        place: tuple[str | int, ...],
    ) -> Entry | None:
        try:
            return model.model_validate(values)
        except ValidationError as error:
            for problem in error.errors():
                self.findings.add(_problem(problem, located, file, place, model))
            return None

    def _warn_of_unread_files(self) -> None:
        known = {SOURCES, GLOSSARY, PROGRAM}
        for path in sorted(self.folder.rglob("*")):
            relative = path.relative_to(self.folder)
            is_read = path.suffix == ".md" or relative.as_posix() in known
            if path.is_file() and not is_read and not _is_hidden(relative):
                near = nearest(relative.as_posix(), sorted(known))
                file = relative.as_posix()
                self.findings.add(Finding(file, 1, "UNREAD_FILE", {"near": near}))

    def _cross_findings(
        self, sources: Mapping[str, SourceEntry], program: ProgramEntry
    ) -> Iterator[Finding]:
        """Yield what only the whole folder shows."""
        names = {read.card.name for read in self.cards}
        seen: dict[tuple[str, Language], ReadCard] = {}
        for read in self.cards:
            key = (read.card.name, read.card.language)
            if key in seen:
                values = {"anchor": read.card.name.partition("#")[2], "other": seen[key].line}
                yield Finding(read.file, read.line, "DUPLICATE_ANCHOR", values)
            seen.setdefault(key, read)
            yield from _source_findings(read, sources)
            yield from _topic_findings(read, program)
            yield from _link_findings(read, names)
            if not read.card.asked:
                yield Finding(read.file, read.line, "NO_QUESTIONS")
            review = read.card.review_by
            if review and date.fromisoformat(review) < self.today:
                line = read.lines.get("review_by", read.line)
                yield Finding(read.file, line, "PAST_REVIEW", {"date": review})
        yield from _translation_findings(seen)


def _place(finding: Finding) -> tuple[str, int, str]:
    return finding.file, finding.line, finding.code


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _split_language(file: str) -> tuple[str, Language]:
    """Split `onboarding/buka-toko.en.md` into its name and its language."""
    stem = file.removesuffix(".md")
    name, dot, language = stem.rpartition(".")
    return (name, language) if dot and language in LANGUAGES else (stem, DEFAULT_LANGUAGE)


def _problem(
    problem: Any, located: Located, file: str, place: tuple[str | int, ...], model: type[BaseModel]
) -> Finding:
    path = (*place, *(part for part in problem["loc"] if part != "[key]"))
    line = located.line(path)
    key = str(path[-1]) if path else file
    match problem["type"]:
        case "extra_forbidden":
            near = nearest(key, list(model.model_fields))
            return Finding(file, line, "UNKNOWN_KEY", {"key": key, "near": near})
        case "missing":
            return Finding(file, line, "MISSING_KEY", {"key": key})
        case _:
            code = "BAD_DATE" if key == "date" else "BAD_VALUE"
            return Finding(file, line, code, {"key": key, "value": problem["input"]})


def _source_findings(read: ReadCard, sources: Mapping[str, SourceEntry]) -> Iterator[Finding]:
    line = read.lines.get("sources", read.line)
    for code in read.card.sources:
        if code not in sources:
            values = {"source": code, "near": nearest(code, list(sources))}
            yield Finding(read.file, line, "UNKNOWN_SOURCE", values)


def _topic_findings(read: ReadCard, program: ProgramEntry) -> Iterator[Finding]:
    if program.topics and read.card.topic not in program.topics:
        values = {
            "topic": read.card.topic,
            "near": nearest(read.card.topic, list(program.topics)),
        }
        yield Finding(read.file, read.lines.get("topic", 1), "UNKNOWN_TOPIC", values)


def _link_findings(read: ReadCard, names: set[str]) -> Iterator[Finding]:
    for line, target in read.links:
        if target.startswith(("https://", "http://")):
            continue
        here = read.card.name.partition("#")[0]
        name = f"{here}{target}" if target.startswith("#") else target
        if name not in names:
            values = {"target": target, "near": nearest(name, sorted(names))}
            yield Finding(read.file, line, "DEAD_LINK", values)


def _translation_findings(
    cards: Mapping[tuple[str, Language], ReadCard],
) -> Iterator[Finding]:
    """Yield cards that a translated file lacks or has too old a translation of."""
    translated = {
        (PurePosixPath(name.partition("#")[0]), language)
        for name, language in cards
        if language != DEFAULT_LANGUAGE
    }
    for (name, language), read in cards.items():
        if language != DEFAULT_LANGUAGE:
            original = cards.get((name, DEFAULT_LANGUAGE))
            if original and original.changed and read.translates != original.changed:
                line = read.lines.get("translates", 1)
                values = {"date": original.changed.isoformat()}
                yield Finding(read.file, line, "OLD_TRANSLATION", values)
            continue
        for other in LANGUAGES[1:]:
            file = PurePosixPath(name.partition("#")[0])
            if (file, other) in translated and (name, other) not in cards:
                values = {"card": name, "language": other}
                yield Finding(read.file, read.line, "NO_TRANSLATION", values)
