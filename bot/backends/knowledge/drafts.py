"""Makes a draft knowledge file of a document, for a person to edit."""

import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain, count
from pathlib import PurePath

from bot.backends.knowledge.cards import MAX_TEXT
from bot.backends.knowledge.documents import markdown_of
from bot.backends.knowledge.markdown import ASKED
from bot.backends.knowledge.sections import Section, pictures, sections
from bot.backends.knowledge.tables import tables
from bot.core.messages import Language
from bot.core.ports import KnowledgeError

_ASKED = re.compile(rf"\**{ASKED}:?\**:?\s*(?P<forms>\S.*)", re.IGNORECASE)
_HEADING_MARK = re.compile(r"^(#{1,6}\s+)+", re.MULTILINE)
_NO_NAME = "kartu"  # The anchor of a heading that has no Latin letter.
_LONGEST_ANCHOR = 50
_CUTS = ((r"\n{2,}", "\n\n"), (r"\n", "\n"), (r"(?<=[.!?。！？])\s+", " "), (r"\s+", " "))
"""Where a text that is too long is cut, the best place first, and what stood there."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A knowledge file that is not live before a person has edited it."""

    stem: str
    """What the file may be called, without its ending."""
    text: str
    cards: int
    tables: int
    """How many tables became lists."""
    pictures: int
    """How many pictures were left out."""


@dataclass(frozen=True, slots=True)
class Head:
    """What stands above the cards of a draft."""

    topic: str
    language: Language
    day: date
    """The day it is made."""
    note: str
    """Comments that say what a person must do."""


def drafted(content: bytes, name: str, head: Head) -> Draft:
    """Make a draft of a document, which takes seconds; its headings become cards.

    Raises:
        KnowledgeError: the document cannot be read; see `markdown_of`.
    """
    return draft_of(markdown_of(content, name), name, head)


def draft_of(markdown: str, name: str, head: Head) -> Draft:
    """Make a draft of the text of a document.

    Raises:
        KnowledgeError: it has no text.
    """
    stem = PurePath(name).stem
    divided = [section for section in sections(markdown) if section.title or section.text]
    if not any(section.text for section in divided):
        raise KnowledgeError("document_empty", name=name)
    title, found = _titled(divided, " ".join(re.split(r"[\s_-]+", stem)).strip())
    cards = list(_cards(found))
    text = "\n".join([*front(head), f"# {title}", "", *cards])
    return Draft(slug(stem), text, len(cards), tables(markdown), pictures(markdown))


def slug(text: str) -> str:
    """Return a text as an anchor or the name of a file: `Buka toko!` as `buka-toko`."""
    plain = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", plain)
    while len("-".join(words)) > _LONGEST_ANCHOR and len(words) > 1:
        words.pop()
    return "-".join(words)[:_LONGEST_ANCHOR] or _NO_NAME


def front(head: Head) -> Iterator[str]:
    """Yield the lines above the cards of a draft."""
    yield "---"
    yield from (f"# {line}".rstrip() for line in head.note.splitlines())
    if head.topic:
        yield f"topic: {head.topic}"
    yield f"language: {head.language}"
    yield f"changed: {head.day.isoformat()}"
    yield from ("draft: true", "---")


def _titled(found: Sequence[Section], name: str) -> tuple[str, list[Section]]:
    """Return the title of a document, and its sections, each with a title of its own."""
    first, *others = found
    is_first = all(first.level < other.level for other in others)
    is_alone = not first.text and others and others[0].level <= first.level
    title = first.title if first.title and (is_first or is_alone) else name
    begin = [] if title == first.title and not first.text else [first]
    named = [replace(section, title=section.title or title) for section in [*begin, *others]]
    return title, list(_placed(named))


def _placed(found: Sequence[Section]) -> Iterator[Section]:
    """Put a heading that has no text, but others below it, before the titles of those."""
    above = Section(0, "", "")
    for section, following in zip(found, [*found[1:], above], strict=False):
        if section.level <= above.level:
            above = Section(0, "", "")
        if not section.text and following.level > section.level:
            above = section
        elif above.title and not section.title.endswith("?"):
            yield replace(section, title=f"{above.title}: {section.title}")
        else:
            yield section


def _cards(found: Sequence[Section]) -> Iterator[str]:
    anchors: set[str] = set()
    for section in found:
        lines = section.text.split("\n")
        asked = [
            f"{ASKED}: {match['forms']}" for line in lines if (match := _ASKED.fullmatch(line))
        ]
        text = "\n".join(line for line in lines if not _ASKED.fullmatch(line)).strip()
        for number, piece in enumerate(_pieces(text, _CUTS), 1):
            title = section.title if number == 1 else f"{section.title} ({number})"
            anchor = _free(slug(section.title), anchors)
            anchors.add(anchor)
            head = [f"## {title} {{#{anchor}}}", *(asked if number == 1 else [])]
            body = _HEADING_MARK.sub("", piece).strip()
            yield "\n".join([*head, "", body, ""] if body else [*head, ""])


def _free(anchor: str, taken: Collection[str]) -> str:
    """Return an anchor that no card has."""
    numbered = (f"{anchor}-{number}" for number in count(2))
    return next(each for each in chain([anchor], numbered) if each not in taken)


def _pieces(text: str, cuts: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Yield a text in pieces that fit a card, cut at the best places that are fine enough."""
    if len(text) <= MAX_TEXT:
        yield text
        return
    if not cuts:
        yield from (text[begin : begin + MAX_TEXT] for begin in range(0, len(text), MAX_TEXT))
        return
    (cut, glue), *finer = cuts
    piece = ""
    for part in re.split(cut, text):
        longer = f"{piece}{glue}{part}" if piece else part
        if len(longer) > MAX_TEXT and piece:
            yield from _pieces(piece, finer)
            longer = part
        piece = longer
    yield from _pieces(piece, finer)
