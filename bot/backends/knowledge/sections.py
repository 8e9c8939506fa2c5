"""Divides the text of a document at its headings, or at the lines that look like some."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from bot.backends.knowledge.tables import without_tables

_HEADING = re.compile(r"(?P<marks>#{1,6})\s+(?P<title>\S.*?)\s*#*\s*")
_BOLD_LINE = re.compile(r"\*\*(?P<title>[^*]+)\*\*:?\s*")
_LIST_ITEM = re.compile(r"\s*([-*+•]|\w{1,3}[.)])\s")
_RULE = re.compile(r"\s*([-*_]\s*){3,}|\s*(```|~~~).*")
_IMAGE = re.compile(r"!\[(?P<alt>[^\]]*)\]\([^)]*\)")
_LINK = re.compile(r"\[(?P<text>[^\]]*)\]\((?P<target>[^)\s]*)[^)]*\)")
_BULLET = re.compile(r"^(\s*)[*+•●▪◦·]\s+", re.MULTILINE)
_UNDERLINE_INSIDE = re.compile(r"(?<=\w)\\_(?=\w)")
_MARKS = re.compile(r"\*\*|\[|\]\([^)]*\)|[{}`]")
_LONGEST_TITLE = 120
_FULL_LINE = 60  # Characters: a shorter line is not the middle of a paragraph.
_ENDS = (".", ",", ";", ":", "!")

Block = list[str]
"""Lines without an empty one between them."""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and the text below it, up to the next one; before the first there is none."""

    level: int
    title: str
    text: str


def sections(markdown: str) -> list[Section]:
    """Divide a document into its sections."""
    blocks = _blocks(without_tables(_cleaned(markdown).split("\n")))
    for headed in (blocks, _bold_headed(blocks), _short_headed(blocks)):
        found = list(_divided(headed))
        if sum(bool(section.title) for section in found) > 1:
            return found
    return list(_divided(blocks))


def pictures(markdown: str) -> int:
    """Count the pictures of a document."""
    return len(_IMAGE.findall(markdown))


def _cleaned(markdown: str) -> str:
    """Return a text without what no card can hold: hidden characters, pictures, dead links."""
    text = _visible(unicodedata.normalize("NFC", markdown))
    text = _LINK.sub(_linked, _IMAGE.sub(lambda image: image["alt"], text))
    text = _UNDERLINE_INSIDE.sub("_", _BULLET.sub(r"\1- ", text))
    return "\n".join("" if _RULE.fullmatch(line) else line for line in text.split("\n"))


def _visible(text: str) -> str:
    pages = text.replace("\r\n", "\n").replace("\f", "\n\n").replace("\t", " ")
    spaced = (" " if unicodedata.category(each) == "Zs" else each for each in pages)
    return "".join(each for each in spaced if each == "\n" or each.isprintable())


def _linked(link: re.Match[str]) -> str:
    """Return a link if it leads to the web, else its text."""
    text, target = link["text"].strip(), link["target"]
    is_web = target.startswith(("https://", "http://"))
    return f"[{text or target}]({target})" if is_web else text


def _blocks(lines: Iterator[str]) -> list[Block]:
    groups = groupby(lines, key=lambda line: bool(line.strip()))
    return [list(group) for is_text, group in groups if is_text]


def _bold_headed(blocks: Sequence[Block]) -> list[Block]:
    """Make headings of the lines that are bold as a whole."""
    headed: list[Block] = []
    for block in blocks:
        is_bold = _BOLD_LINE.fullmatch(block[0])
        headed += [[f"## {is_bold['title']}"], block[1:]] if is_bold else [block]
    return [block for block in headed if block]


def _short_headed(blocks: Sequence[Block]) -> list[Block]:
    """Make headings of the short lines that a paragraph follows, as in a text without any marks."""
    headed: list[Block] = []
    for block, following in zip(blocks, [*blocks[1:], []], strict=False):
        if not headed and len(block) == 1 and _looks_like_heading(block[0]):
            headed.append([f"# {block[0].strip()}"])
        elif _looks_like_heading(block[0]) and _is_prose(block[1:] or following, block[0]):
            headed += [[f"## {block[0].strip()}"], block[1:]]
        else:
            headed.append(block)
    return [block for block in headed if block]


def _looks_like_heading(line: str) -> bool:
    text = line.strip()
    is_begun = text[0].isupper() or text[0].isdigit() or not text.isascii()
    is_short = len(text) <= _FULL_LINE and not text.endswith(_ENDS)
    return is_begun and is_short and not _LIST_ITEM.match(text) and any(map(str.isalpha, text))


def _is_prose(block: Block, heading: str) -> bool:
    """Say whether what follows a line is a text below it: a list, a full line, an answer."""
    if not block:
        return False
    text = " ".join(block)
    is_text = bool(_LIST_ITEM.match(text)) or len(block[0]) > _FULL_LINE or text.endswith(".")
    return is_text or heading.strip().endswith("?")


def _divided(blocks: Sequence[Block]) -> Iterator[Section]:
    level, title, text = 0, "", list[str]()
    for line in (line for block in blocks for line in [*_joined(block), ""]):
        heading = _HEADING.fullmatch(line)
        if heading and len(heading["title"]) <= _LONGEST_TITLE:
            yield Section(level, title, "\n".join(text).strip())
            level, title, text = len(heading["marks"]), _plain(heading["title"]), []
        else:
            text.append(line.lstrip("#").strip() if heading else line.rstrip())
    yield Section(level, title, "\n".join(text).strip())


def _joined(block: Block) -> Iterator[str]:
    """Yield the lines of a block, those that were only broken to fit a page as one."""
    whole = block[0]
    for before, line in pairwise(block):
        is_broken = len(before) >= _FULL_LINE and not before.endswith("  ")
        if is_broken and not _LIST_ITEM.match(line) and not _HEADING.fullmatch(line):
            whole = f"{whole} {line.strip()}"
        else:
            yield whole
            whole = line
    yield whole


def _plain(title: str) -> str:
    return " ".join(_MARKS.sub("", title).split())
