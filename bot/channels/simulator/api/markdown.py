"""Formatting that a bot writes as MarkdownV2, or as the older Markdown."""

import re
from dataclasses import dataclass, field

from bot.channels.simulator.api.entities import Formatted, units
from bot.channels.simulator.api.refusals import cannot_parse
from bot.channels.simulator.state.database import Json

_RESERVED = "_*[]()~`>#+-=|{}.!"
_MARKS = {
    "||": "spoiler",
    "__": "underline",
    "*": "bold",
    "_": "italic",
    "~": "strikethrough",
    "```": "pre",
    "`": "code",
    "![": "custom_emoji",
    "[": "text_link",
}
_ENDS = {kind: mark for mark, kind in _MARKS.items()} | {"custom_emoji": "]", "text_link": "]"}
_SAID = {
    "bold": "Bold",
    "italic": "Italic",
    "underline": "Underline",
    "strikethrough": "Strikethrough",
    "spoiler": "Spoiler",
    "pre": "Pre",
    "code": "Code",
    "text_link": "TextUrl",
    "custom_emoji": "CustomEmoji",
    "blockquote": "BlockQuote",
}
_LANGUAGE = re.compile(r"([^\s`]+(?=\s))?(?:\r?\n)?")


@dataclass
class _Open:
    kind: str
    start: int
    at: int
    details: Json = field(default_factory=dict)


class _Reader:
    """Reads from left to right; what is open waits on a stack."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0
        self.text: list[str] = []
        self.length = 0
        self.open: list[_Open] = []
        self.entities: list[Json] = []

    def read(self) -> Formatted:
        while self.at < len(self.source):
            self._step()
        if self._innermost() == "blockquote":
            self._close("blockquote")
        if self.open:
            raise self._unfinished()
        ordered = sorted(self.entities, key=lambda entity: (entity["offset"], -entity["length"]))
        return "".join(self.text), ordered

    def _innermost(self) -> str:
        return self.open[-1].kind if self.open else ""

    def _unfinished(self) -> Exception:
        last = self.open[-1]
        offset = len(self.source[: last.at].encode())
        return cannot_parse(f"Can't find end of {_SAID[last.kind]} entity at byte offset {offset}")

    def _step(self) -> None:
        if self._escaped() or self._line_end() or self._end_mark():
            return
        if self._innermost() in ("code", "pre"):
            self._push(self.source[self.at])
        elif not (self._quote() or self._start_mark()):
            self._plain()

    def _push(self, character: str) -> None:
        self.text.append(character)
        self.length += units(character)
        self.at += 1

    def _escaped(self) -> bool:
        following = self.source[self.at + 1 : self.at + 2]
        if self.source[self.at] != "\\" or not following or not 0 < ord(following) <= 126:
            return False
        self.at += 1
        self._push(following)
        return True

    def _line_end(self) -> bool:
        quoted = any(entity.kind == "blockquote" for entity in self.open)
        if self.source[self.at] != "\n" or not quoted or self._innermost() in ("code", "pre"):
            return False
        if self.source.startswith("\n>", self.at):
            self._push("\n")
            self.at += 1
            return True
        if self._innermost() != "blockquote":
            raise self._unfinished()
        self._close("blockquote")
        return False

    def _end_mark(self) -> bool:
        kind = self._innermost()
        mark = _ENDS.get(kind)
        if kind == "blockquote":
            return self._expandable_end()
        if not mark or not self.source.startswith(mark, self.at):
            return False
        if kind == "italic" and self.source.startswith("__", self.at):
            return False
        self.at += len(mark)
        if mark == "]":
            self._link_target()
        self._close(kind)
        return True

    def _expandable_end(self) -> bool:
        if not re.compile(r"\|\|(?=\n(?!>)|$)").match(self.source, self.at):
            return False
        self.at += 2
        self._close("expandable_blockquote")
        return True

    def _link_target(self) -> None:
        if not self.source.startswith("(", self.at):
            return
        match = re.compile(r"\(((?:\\.|[^)\\])*)\)", re.DOTALL).match(self.source, self.at)
        if not match:
            offset = len(self.source[: self.at].encode())
            raise cannot_parse(f"Can't find end of a URL at byte offset {offset}")
        self.at = match.end()
        url = re.sub(r"\\(.)", r"\1", match[1])
        if self._innermost() == "text_link":
            self.open[-1].details = {"url": url}
            return
        emoji = re.fullmatch(r"tg://emoji\?id=(\d+)", url)
        if not emoji:
            raise cannot_parse("Custom emoji entity must contain a tg://emoji URL")
        self.open[-1].details = {"custom_emoji_id": emoji[1]}

    def _quote(self) -> bool:
        begins = self.at == 0 or self.source[self.at - 1] == "\n"
        if begins and self.source.startswith("**>", self.at):
            self.at += 2
        elif not begins or self.open or self.source[self.at] != ">":
            return False
        self.open.append(_Open("blockquote", self.length, self.at))
        self.at += 1
        return True

    def _start_mark(self) -> bool:
        marks = ("```", "||", "__", "![", "*", "_", "~", "`", "[")
        mark = next((mark for mark in marks if self.source.startswith(mark, self.at)), None)
        if not mark:
            return False
        self.open.append(_Open(_MARKS[mark], self.length, self.at))
        self.at += len(mark)
        if mark == "```":
            self._language()
        return True

    def _language(self) -> None:
        match = _LANGUAGE.match(self.source, self.at)
        if match:
            self.open[-1].details = {"language": match[1]} if match[1] else {}
            self.at = match.end()

    def _plain(self) -> None:
        character = self.source[self.at]
        if character in _RESERVED:
            raise cannot_parse(
                f"Character '{character}' is reserved and must be escaped with the preceding '\\'"
            )
        self._push(character)

    def _close(self, kind: str) -> None:
        entity = self.open.pop()
        dropped = kind in ("text_link", "custom_emoji") and not entity.details
        if self.length > entity.start and not dropped:
            place = {"type": kind, "offset": entity.start, "length": self.length - entity.start}
            self.entities.append(place | entity.details)


def read_markdown_v2(source: str) -> Formatted:
    """The text and entities of MarkdownV2."""
    return _Reader(source).read()


_OLD = re.compile(
    r"\\([_*`\[])|(```)(?:[^\s`]*\n)?(.*?)```|((?!```)[_*`])(.*?)\4|\[(.*?)\](?:\((.*?)\))?|(```|[_*`\[])",
    re.S,
)
_OLD_KINDS = {"_": "italic", "*": "bold", "`": "code", "```": "pre"}


def read_markdown(source: str) -> Formatted:
    """The text and entities of the older Markdown, which cannot be nested."""
    text, entities, at = "", [], 0
    for match in _OLD.finditer(source):
        text += source[at : match.start()]
        at = match.end()
        if match[8]:
            offset = len(source[: match.start()].encode())
            raise cannot_parse(f"Can't find end of the entity starting at byte offset {offset}")
        shown = next((group for group in (match[1], match[3], match[5], match[6]) if group), "")
        kind = _OLD_KINDS.get(match[2] or match[4] or "", "text_link" if match[7] else "")
        if kind and shown:
            link = {"url": match[7]} if match[7] else {}
            place = {"type": kind, "offset": units(text), "length": units(shown)}
            entities.append(place | link)
        text += shown
    return text + source[at:], entities
