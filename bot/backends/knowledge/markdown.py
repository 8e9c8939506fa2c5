"""Reads one knowledge file: front matter, cards, and what is wrong with them."""

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pydantic import ValidationError

from bot.backends.knowledge.cards import (
    INHERITED_ONLY,
    MAX_TEXT,
    UNDATED,
    Card,
    CardKeys,
    FileKeys,
)
from bot.backends.knowledge.findings import Finding, nearest
from bot.backends.knowledge.yamls import YamlError, read_yaml
from bot.core.messages import Language

ASKED = "Ditanyakan"

_HEADING = re.compile(r"##\s+(?P<title>.*?)\s*(?:\{#(?P<anchor>[^}]*)\})?\s*")
_KEY = re.compile(r"(?P<key>[A-Za-z_]+):(?:\s+(?P<value>.*))?")
_ANCHOR = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]*)\)")
CARD_LINK = re.compile(r"\[([^\]]*)\]\((?!https?:)([^)\s]*)\)")
_FENCE = re.compile(r"\s*(```|~~~)")
_DIGITS = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file, counted from 1."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class ReadCard:
    """A card with where it stands and what else the whole folder must know to check it."""

    card: Card
    file: str
    line: int
    lines: Mapping[str, int]
    asked_lines: tuple[int, ...]
    """The line of each way in which it is asked."""
    links: tuple[tuple[int, str], ...]
    changed: date | None
    translates: date | None
    draft: bool


@dataclass(slots=True)
class ReadFile:
    """What one file holds."""

    cards: list[ReadCard] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    is_draft: bool = False
    """The file is a draft as a whole: no card of it says otherwise."""


Keys = dict[str, tuple[Any, int]]
"""What each key says, and the line it says so on."""


def read_file(text: str, *, file: str, stem: str, language: Language) -> ReadFile:
    """Read the cards of a file; `stem` is its path without language and ending."""
    read = ReadFile()
    lines = [Line(number, line) for number, line in enumerate(lines_of(text), 1)]
    try:
        keys, body = _front_matter(lines)
    except YamlError as error:
        read.findings.append(Finding(file, error.line, "BAD_YAML", {"reason": error.reason}))
        return read
    shared = {key: pair for key, pair in keys.items() if key in FileKeys.model_fields}
    for key in keys.keys() - shared.keys():
        read.findings.append(_unknown_key(file, keys[key][1], key, FileKeys.model_fields))
    said = shared.get("language", (language, 1))
    if said[0] != language:
        values = {"said": said[0], "named": language}
        read.findings.append(Finding(file, said[1], "LANGUAGE_MISMATCH", values))
    shared["language"] = (language, said[1])
    read.is_draft = _is_yes(shared.get("draft", ("", 1))[0])
    for section in _sections(body, file=file, findings=read.findings):
        _read_card(section, shared, file=file, stem=stem, read=read)
    if not read.cards and not read.findings:
        read.findings.append(Finding(file, 1, "NO_CARDS_IN_FILE"))
    return read


def _is_yes(value: Any) -> bool:
    """Say whether a key says yes, in one of the ways that it may."""
    try:
        return FileKeys(draft=value).draft
    except ValidationError:
        return False


def lines_of(text: str) -> list[str]:
    """Return the lines of a text as an editor counts them, without their ends.

    Other signs that break lines, as Word has them, are part of a line there.
    """
    return [line.removesuffix("\n") for line in io.StringIO(text, newline=None)]


def _front_matter(lines: Sequence[Line]) -> tuple[Keys, Sequence[Line]]:
    """Split the keys between the two `---` from the rest."""
    if not lines or lines[0].text.strip() != "---":
        raise YamlError(1, "---")
    end = next((place for place in range(1, len(lines)) if lines[place].text.strip() == "---"), 0)
    if not end:
        raise YamlError(len(lines), "---")
    located = read_yaml("\n".join(line.text for line in lines[1:end]), first_line=2)
    keys = {key: (value, located.line((key,))) for key, value in located.values.items()}
    return keys, lines[end + 1 :]


def _sections(lines: Sequence[Line], *, file: str, findings: list[Finding]) -> Iterator[list[Line]]:
    """Yield each second-level heading with the lines below it; code fences hold no headings."""
    section: list[Line] = []
    is_fenced = False
    for line in lines:
        is_fenced ^= bool(_FENCE.match(line.text))
        if not is_fenced and line.text.startswith("## "):
            if section:
                yield section
            section = [line]
        elif section:
            section.append(line)
        elif line.text.strip() and not line.text.startswith("# "):
            findings.append(Finding(file, line.number, "TEXT_OUTSIDE_CARD"))
    if section:
        yield section


def _read_card(section: list[Line], shared: Keys, *, file: str, stem: str, read: ReadFile) -> None:
    heading, rest = section[0], section[1:]
    found: list[Finding] = []
    match = _HEADING.fullmatch(heading.text)
    anchor = (match["anchor"] or "") if match else ""
    title = match["title"] if match else ""
    if not anchor or not title:
        found.append(Finding(file, heading.number, "NO_ANCHOR", {"title": title}))
    elif not _ANCHOR.fullmatch(anchor):
        found.append(Finding(file, heading.number, "BAD_ANCHOR", {"anchor": anchor}))
    keys, asked, text = _card_lines(rest, file=file, findings=found)
    read.is_draft &= "draft" not in keys
    merged = shared | keys
    values = _validated(merged, file=file, findings=found)
    body = "\n".join(line.text for line in text).strip()
    found += _body_findings(body, text, file=file, line=heading.number)
    if values is not None:
        found += _date_findings(values, merged, body=body, file=file, line=heading.number)
        card = _card(f"{stem}#{anchor}", title, body, tuple(form for form, _ in asked), values)
        read.cards.append(
            ReadCard(
                card,
                file,
                heading.number,
                {key: line for key, (_, line) in merged.items()},
                tuple(line for _, line in asked),
                tuple(_links(text)),
                values.changed,
                values.translates,
                values.draft,
            )
        )
    read.findings += found


def _card_lines(
    lines: Sequence[Line], *, file: str, findings: list[Finding]
) -> tuple[Keys, list[tuple[str, int]], Sequence[Line]]:
    """Split the `key: value` lines directly under a heading from the text below them."""
    keys: Keys = {}
    asked: list[tuple[str, int]] = []
    place = 0
    while place < len(lines) and (match := _KEY.fullmatch(lines[place].text.rstrip())):
        key, value, line = match["key"], match["value"] or "", lines[place].number
        place += 1
        if key == ASKED:
            asked += [(form.strip(), line) for form in value.split("|") if form.strip()]
        elif key in INHERITED_ONLY or key not in CardKeys.model_fields:
            findings.append(_unknown_key(file, line, key, [ASKED, *_CARD_KEYS]))
        elif key in keys:
            findings.append(Finding(file, line, "DUPLICATE_KEY", {"key": key}))
        else:
            keys[key] = (_value(value), line)
    return keys, asked, lines[place:]


_CARD_KEYS = [key for key in CardKeys.model_fields if key not in INHERITED_ONLY]
_LATE_KEY = re.compile(rf"\s*(?P<key>{'|'.join([ASKED, *_CARD_KEYS])})\s*[:：]")
"""A key where the text is: below an empty line, indented, or with a colon of a Chinese keyboard."""


def _value(text: str) -> Any:
    """Read the value of a card's line: a list in brackets, or the text itself."""
    if text.startswith("[") and text.endswith("]"):
        return [part.strip() for part in text[1:-1].split(",") if part.strip()]
    return text.strip()


def _unknown_key(file: str, line: int, key: str, known: Any) -> Finding:
    near = nearest(key, list(known))
    return Finding(file, line, "UNKNOWN_KEY", {"key": key, "near": near})


def _validated(keys: Keys, *, file: str, findings: list[Finding]) -> CardKeys | None:
    try:
        return CardKeys.model_validate({key: value for key, (value, _) in keys.items()})
    except ValidationError as error:
        for problem in error.errors():
            key = str(problem["loc"][0])
            value, line = keys[key]
            code = (
                "BAD_DATE"
                if "date" in str(CardKeys.model_fields[key].annotation) or (key == "as_of")
                else "BAD_VALUE"
            )
            findings.append(Finding(file, line, code, {"key": key, "value": value}))
        return None


def _date_findings(
    values: CardKeys, keys: Keys, *, body: str, file: str, line: int
) -> Iterator[Finding]:
    if values.unknown:
        if values.looked_for is None:
            yield Finding(file, line, "NO_LOOKED_FOR")
        if _DIGITS.search(_LINK.sub("", body)):
            yield Finding(file, line, "NUMBER_IN_UNKNOWN")
        return
    if not values.sources:
        yield Finding(file, line, "NO_SOURCE")
    if not values.as_of:
        yield Finding(file, line, "NO_DATE")
    elif values.as_of == UNDATED and values.seen is None:
        yield Finding(file, keys["as_of"][1], "NO_SEEN")


def _body_findings(body: str, lines: Sequence[Line], *, file: str, line: int) -> Iterator[Finding]:
    if not body:
        yield Finding(file, line, "EMPTY_CARD")
    if len(body) > MAX_TEXT:
        yield Finding(file, line, "TOO_LONG", {"length": len(body), "most": MAX_TEXT})
    for part in lines:
        if re.match(r"#{1,6}\s", part.text):
            yield Finding(file, part.number, "HEADING_IN_CARD")
        elif match := _LATE_KEY.match(part.text):
            code = "ASKED_TOO_LATE" if match["key"] == ASKED else "KEY_TOO_LATE"
            yield Finding(file, part.number, code, {"key": match["key"]})


def linked_cards(text: str, *, of: str) -> Iterator[str]:
    """Yield the names of the cards that the text of card `of` links to."""
    for match in CARD_LINK.finditer(text):
        target = match[2]
        yield f"{of.partition('#')[0]}{target}" if target.startswith("#") else target


def _links(lines: Sequence[Line]) -> Iterator[tuple[int, str]]:
    for line in lines:
        for match in _LINK.finditer(line.text):
            yield line.number, match["target"]


def _card(name: str, title: str, body: str, asked: tuple[str, ...], values: CardKeys) -> Card:
    def iso(day: date | None) -> str:
        return day.isoformat() if day else ""

    return Card(
        name=name,
        language=values.language,
        title=title,
        text=body,
        asked=asked,
        topic=values.topic,
        sources=() if values.unknown else tuple(values.sources),
        as_of="" if values.unknown else values.as_of,
        seen=iso(values.seen),
        unknown=values.unknown,
        review_by=iso(values.review_by),
        valid_until=iso(values.valid_until),
        deadline=iso(values.deadline),
        facts=tuple(values.facts),
    )
