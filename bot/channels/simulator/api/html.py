"""Formatting that a bot writes as HTML."""

import re
from dataclasses import dataclass
from html import unescape

from bot.channels.simulator.api.entities import Formatted, units
from bot.channels.simulator.api.refusals import cannot_parse
from bot.channels.simulator.state.database import Json

_KINDS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "span": "spoiler",
    "tg-spoiler": "spoiler",
    "tg-emoji": "custom_emoji",
    "a": "text_link",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
}
_NAME = re.compile(r"</?([^\s>]*)")
_REST = re.compile(r"((?:\"[^\"]*\"|'[^']*'|[^>\"'])*)>")
_ATTRIBUTE = re.compile(r"([^\s=]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"']+)))?")
_KNOWN_REFERENCE = re.compile(r"&(?:lt|gt|amp|quot|#\d{1,7}|#[xX][0-9a-fA-F]{1,6});?")


@dataclass
class _Open:
    name: str
    kind: str
    start: int
    details: Json


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
            if self.source.startswith("</", self.at):
                self._end_tag()
            elif self.source[self.at] == "<":
                self._start_tag()
            else:
                self._plain()
        if self.open:
            tag = self.open[-1].name
            raise cannot_parse(f'Can\'t find end tag corresponding to start tag "{tag}"')
        ordered = sorted(self.entities, key=lambda entity: (entity["offset"], -entity["length"]))
        return "".join(self.text), ordered

    def _offset(self) -> str:
        return f"at byte offset {len(self.source[: self.at].encode())}"

    def _plain(self) -> None:
        end = self.source.find("<", self.at)
        part = self.source[self.at : end if end >= 0 else None]
        self.at += len(part)
        shown = _KNOWN_REFERENCE.sub(lambda match: unescape(match[0]), part)
        self.text.append(shown)
        self.length += units(shown)

    def _tag(self) -> tuple[str, str, int]:
        name = _NAME.match(self.source, self.at)
        rest = _REST.match(self.source, name.end() if name else self.at)
        if not name or not rest:
            kind = "end" if self.source.startswith("</", self.at) else "start"
            raise cannot_parse(f"Unclosed {kind} tag {self._offset()}")
        return name[1].lower(), rest[1], rest.end()

    def _start_tag(self) -> None:
        name, rest, end = self._tag()
        if name not in _KINDS:
            raise cannot_parse(f'Unsupported start tag "{name}" {self._offset()}')
        attributes = {
            match[1].lower(): unescape(next(filter(None, match.groups()[1:]), ""))
            for match in _ATTRIBUTE.finditer(rest)
        }
        kind, details = self._meaning(name, attributes)
        self.open.append(_Open(name, kind, self.length, details))
        self.at = end

    def _meaning(self, name: str, attributes: dict[str, str]) -> tuple[str, Json]:
        if name == "span" and attributes.get("class") != "tg-spoiler":
            raise cannot_parse(f'Tag "span" must have class "tg-spoiler" {self._offset()}')
        if name == "tg-emoji":
            return "custom_emoji", {"custom_emoji_id": attributes.get("emoji-id", "")}
        if name == "a":
            return "text_link", {"url": attributes.get("href", "")}
        if name == "code" and attributes.get("class", "").startswith("language-"):
            return "code", {"language": attributes["class"].removeprefix("language-")}
        if name == "blockquote" and "expandable" in attributes:
            return "expandable_blockquote", {}
        return _KINDS[name], {}

    def _end_tag(self) -> None:
        name, _, end = self._tag()
        if not self.open:
            raise cannot_parse(f"Unexpected end tag {self._offset()}")
        tag = self.open.pop()
        if name and name != tag.name:
            raise cannot_parse(
                f'Unmatched end tag {self._offset()}, expected "</{tag.name}>", found "</{name}>"'
            )
        self._close(tag)
        self.at = end

    def _close(self, tag: _Open) -> None:
        if self.length == tag.start:
            return
        outer = self.open[-1] if self.open else None
        if tag.kind == "code":
            language = tag.details
            tag.details = {}
            if outer and outer.kind == "pre" and outer.start == tag.start:
                outer.details = language
                return
        if tag.kind == "text_link" and not tag.details["url"]:
            return
        place = {"type": tag.kind, "offset": tag.start, "length": self.length - tag.start}
        self.entities.append(place | tag.details)


def read_html(source: str) -> Formatted:
    """The text and entities of HTML."""
    return _Reader(source).read()
