"""Reads and checks a whole knowledge folder."""

import codecs
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from bot.backends.knowledge.calculators import (
    CALCULATORS,
    CalculatorsEntry,
    calculator_cards,
)
from bot.backends.knowledge.clusters import CLUSTERS, ClustersEntry, cluster_findings
from bot.backends.knowledge.content import (
    LANGUAGES,
    PINNED,
    Content,
    ProgramEntry,
    SourceEntry,
)
from bot.backends.knowledge.cross_checks import cross_findings
from bot.backends.knowledge.findings import Finding, in_order, nearest
from bot.backends.knowledge.guidance import Guidance, dead_links
from bot.backends.knowledge.journeys import JOURNEYS, JourneyEntry, journey_findings
from bot.backends.knowledge.lessons import LESSONS, LessonEntry, lesson_findings
from bot.backends.knowledge.markdown import ReadCard, read_file
from bot.backends.knowledge.safety import SAFETY, SafetyEntry, safety_findings
from bot.backends.knowledge.suspect import suspect_findings
from bot.backends.knowledge.yamls import Located, YamlError, read_yaml
from bot.core.messages import DEFAULT_LANGUAGE, Language
from bot.core.ports import KnowledgeError

SOURCES, GLOSSARY, PROGRAM = "sources.yaml", "glossary.yaml", "program.yaml"
READ = (SOURCES, GLOSSARY, PROGRAM, PINNED, SAFETY, CALCULATORS, CLUSTERS)

Entry = TypeVar("Entry", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Checked:
    """A folder that was read: what it holds, and every finding, in the order of the files."""

    content: Content
    findings: tuple[Finding, ...]
    cards: tuple[ReadCard, ...] = ()
    """The cards with their places, drafts too."""
    pinned_lines: Mapping[str, int] = field(default_factory=dict)
    """The line of each pinned question."""

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
        self.drafts: set[str] = set()
        self.files: list[Path] = []
        """The files but hidden ones, by their paths in the folder."""

    def check(self) -> Checked:
        sources = self._sources()
        program = self._program()
        glossary = self._words(GLOSSARY)
        pinned = self._words(PINNED)
        self.files = list(self._named())
        for path in self.files:
            if path.suffix == ".md":
                self._read_cards(path)
        self._warn_of_unread_files()
        self._miss_cards()
        live = tuple(read.card for read in self.cards if not read.draft)
        names = [read.card.name for read in self.cards]
        content = Content(
            live,
            sources,
            {typed.casefold(): word for typed, (word, _) in glossary.items()},
            program,
            {question: card for question, (card, _) in pinned.items()},
            self._safety(names),
            self._guidance(names),
            self._clusters(names),
        )
        lines = {question: line for question, (_, line) in pinned.items()}
        self.findings.update(cross_findings(content, self.cards, lines, today=self.today))
        findings = (_of_draft(each) if each.file in self.drafts else each for each in self.findings)
        return Checked(content, in_order(findings), tuple(self.cards), lines)

    def _named(self) -> Iterator[Path]:
        for path in sorted(files_of(self.folder, on_error=_raise)):
            if _is_text(path):
                yield path
            else:
                shown = os.fsencode(path).decode("utf-8", "replace")
                self.findings.add(Finding(shown, 1, "BAD_NAME"))

    def _miss_cards(self) -> None:
        """Note that no card would be live, where no mistake says why."""
        is_explained = any(
            each.level == "mistake" and each.file not in self.drafts for each in self.findings
        )
        if all(read.draft for read in self.cards) and not is_explained:
            self.findings.add(Finding(".", 1, "NO_CARDS"))

    def _read_cards(self, path: Path) -> None:
        file = path.as_posix()
        if path.name.startswith(("README", "_")):
            return
        text = self._text(path)
        if text is None:
            return
        stem, language = split_language(file)
        read = read_file(text, file=file, stem=stem, language=language)
        self.cards += read.cards
        self.findings.update(read.findings)
        if read.is_draft:
            self.drafts.add(file)
            self.findings.add(Finding(file, 1, "DRAFT_FILE", {"count": len(read.cards)}))

    def _text(self, path: Path) -> str | None:
        content = (self.folder / path).read_bytes().removeprefix(codecs.BOM_UTF8)
        try:
            text = content.decode()
        except UnicodeDecodeError as error:
            end = error.start
        else:
            if "\0" not in text:
                self.findings.update(suspect_findings(text, file=path.as_posix()))
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

    def _safety(self, cards: Sequence[str]) -> SafetyEntry:
        located = self._yaml(SAFETY)
        entry = self._valid(SafetyEntry, located.values, located, SAFETY, ()) or SafetyEntry()
        self.findings.update(safety_findings(entry, located, cards))
        return entry

    def _guidance(self, cards: list[str]) -> Guidance:
        located = self._yaml(CALCULATORS)
        entry = self._valid(CalculatorsEntry, located.values, located, CALCULATORS, ())
        entry = entry or CalculatorsEntry()
        named = calculator_cards(entry)
        self.findings.update(dead_links(named, located, file=CALCULATORS, cards=cards))
        journeys, lessons = self._journeys(cards), self._lessons(cards)
        return Guidance(calculators=entry, journeys=journeys, lessons=lessons)

    def _journeys(self, cards: list[str]) -> dict[str, JourneyEntry]:
        journeys = {}
        for path in sorted(filter(_is_text, (self.folder / JOURNEYS).glob("*.yaml"))):
            file = path.relative_to(self.folder).as_posix()
            located = self._yaml(file)
            if entry := self._valid(JourneyEntry, located.values, located, file, ()):
                journeys[path.stem] = entry
                self.findings.update(journey_findings(entry, located, file=file, cards=cards))
        return journeys

    def _lessons(self, cards: list[str]) -> dict[str, LessonEntry]:
        lessons = {}
        for path in sorted(filter(_is_text, (self.folder / LESSONS).glob("*.yaml"))):
            file = path.relative_to(self.folder).as_posix()
            located = self._yaml(file)
            if entry := self._valid(LessonEntry, located.values, located, file, ()):
                lessons[path.stem] = entry
                self.findings.update(lesson_findings(entry, located, file=file, cards=cards))
        return lessons

    def _clusters(self, cards: Sequence[str]) -> ClustersEntry:
        located = self._yaml(CLUSTERS)
        entry = self._valid(ClustersEntry, located.values, located, CLUSTERS, ())
        entry = entry or ClustersEntry()
        self.findings.update(cluster_findings(entry, located, cards))
        return entry

    def _words(self, name: str) -> dict[str, tuple[str, int]]:
        """Read a file of `words: words`, each with its line."""
        located = self._yaml(name)
        read = {}
        for key, value in located.values.items():
            line = located.line((key,))
            if isinstance(value, str):
                read[key] = (value, line)
            else:
                self.findings.add(Finding(name, line, "BAD_VALUE", {"key": key, "value": value}))
        return read

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
        for relative in self.files:
            is_guide = relative.suffix == ".yaml" and relative.parent.as_posix() in (
                JOURNEYS,
                LESSONS,
            )
            is_read = relative.suffix == ".md" or relative.as_posix() in READ or is_guide
            if not is_read and (self.folder / relative).is_file():
                near = nearest(relative.as_posix(), sorted(READ))
                file = relative.as_posix()
                self.findings.add(Finding(file, 1, "UNREAD_FILE", {"near": near}))


def _of_draft(finding: Finding) -> Finding:
    """Return a finding of a draft file; what its every card lacks is said once, for its top."""
    line = 1 if finding.code in ("NO_DATE", "NO_SOURCE") else finding.line
    return replace(finding, line=line, is_of_draft=True)


def files_of(folder: Path, *, on_error: Callable[[OSError], None] | None = None) -> Iterator[Path]:
    """Yield the files of a folder but hidden ones, by their paths in it.

    What hears of a part that cannot be read may raise it; else that part is left out.
    """
    for parent, folders, names in os.walk(folder, onerror=on_error):
        folders[:] = [name for name in folders if not name.startswith(".")]
        within = Path(parent).relative_to(folder)
        yield from (within / name for name in names if not name.startswith("."))


def _raise(error: OSError) -> None:
    """Let cards that cannot be read not be gone without a word."""
    raise error


def _is_text(path: Path) -> bool:
    """Say whether a path is UTF-8, as what is found in it must be."""
    try:
        path.as_posix().encode()
    except UnicodeEncodeError:
        return False
    return True


def split_language(file: str) -> tuple[str, Language]:
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
