"""Texts with their formatting, which Telegram counts in UTF-16 units."""

import re
from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from bot.channels.simulator.api.refusals import RefusalError, bad_request
from bot.channels.simulator.state.database import Json

Formatted = tuple[str, list[Json]]

MOST_ENTITIES = 100
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\u2028-\u202e]")
_SET_BY_BOTS = {
    "bold",
    "italic",
    "underline",
    "strikethrough",
    "spoiler",
    "code",
    "pre",
    "text_link",
    "text_mention",
    "custom_emoji",
    "blockquote",
    "expandable_blockquote",
    "date_time",
}
_SET_BY_TELEGRAM = {
    "mention",
    "hashtag",
    "cashtag",
    "bot_command",
    "url",
    "email",
    "phone_number",
    "bank_card_number",
}
_LAST_OF_ONE_UNIT = "\uffff"
_HINT = re.compile(r"[@/#+]|\.\w")  # Most texts hold none of these, and nothing to be found.
_FOUND = re.compile(
    r"(?P<email>(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
    r"|(?P<url>(?:https?://|(?<![\w@./]))(?:[\w-]+\.)+(?:com|org|net|id|my|sg|cn|io|me|info|gov|edu)\b"
    r"(?::\d+)?(?:[/?#][^\s<>\"“”]*[^\s<>\"“”.,;:!?)'\]])?/?)"
    r"|(?P<mention>(?<![\w@/])@[A-Za-z]\w{3,31}\b)"
    r"|(?P<bot_command>(?<![\w/<])/[A-Za-z0-9_]{1,64}(?:@\w{3,32})?(?![\w/@]))"
    r"|(?P<hashtag>(?<![\w#])#\w*[^\W\d]\w*)"
    r"|(?P<phone_number>(?<![\w+])\+\d[\d ()-]{6,16}\d\b)"
)


def units(text: str) -> int:
    """The length of a text as Telegram counts it."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def _starts(text: str) -> Sequence[int]:
    """Where each character begins, in units, and where the text ends."""
    if text.isascii() or max(text) <= _LAST_OF_ONE_UNIT:
        return range(len(text) + 1)
    return [0, *accumulate(2 if character > _LAST_OF_ONE_UNIT else 1 for character in text)]


def given(text: str, entities: Any) -> list[Json]:
    """The entities that a bot gives with a text; those beyond the hundredth are ignored."""
    if not isinstance(entities, list):
        raise bad_request("can't parse entities JSON object")
    starts, kept = _starts(text), []
    for entity in entities[:MOST_ENTITIES]:
        kind, offset, length = _read(entity)
        _check_range(starts, offset, length)
        if kind in _SET_BY_BOTS and length > 0:
            kept.append({"type": kind, "offset": offset, "length": length} | _details(kind, entity))
    return sorted(kept, key=lambda entity: (entity["offset"], -entity["length"]))


def _read(entity: Any) -> tuple[str, int, int]:
    if not isinstance(entity, dict):
        raise _unread("Expected an Object")
    for name, kind in (("type", str), ("offset", int), ("length", int)):
        if not isinstance(entity.get(name), kind):
            raise _unread(f'Can\'t find field "{name}"')
    if entity["type"] not in _SET_BY_BOTS | _SET_BY_TELEGRAM:
        raise _unread("Unsupported type specified")
    return entity["type"], entity["offset"], entity["length"]


def _unread(why: str) -> RefusalError:
    return bad_request(f"can't parse MessageEntity: {why}")


def _check_range(starts: Sequence[int], offset: int, length: int) -> None:
    end, last = offset + length, starts[-1]
    if offset < 0:
        raise bad_request(f"receive an entity with incorrect offset {offset}")
    if length < 0:
        raise bad_request(f"receive an entity with incorrect length {length}")
    if offset > last:
        raise bad_request(f"entity begins after the end of the text at UTF-16 offset {offset}")
    beginning = f"entity beginning at UTF-16 offset {offset}"
    if end > last:
        raise bad_request(f"{beginning} ends after the end of the text at UTF-16 offset {end}")
    if starts[bisect_left(starts, offset)] != offset:
        raise bad_request(f"entity begins in a middle of a UTF-16 symbol at UTF-16 offset {offset}")
    if starts[bisect_left(starts, end)] != end:
        raise bad_request(f"{beginning} ends in a middle of a UTF-16 symbol at UTF-16 offset {end}")


_DETAILS = {
    "text_link": ("url", "Can't find field"),
    "custom_emoji": ("custom_emoji_id", "Can't find field"),
    "text_mention": ("user", "Can't find field"),
    "pre": ("language", ""),
    "date_time": ("unix_time", "Can't find field"),
}


def _details(kind: str, entity: Json) -> Json:
    name, missing = _DETAILS.get(kind, ("", ""))
    if missing and name not in entity:
        raise _unread(f'{missing} "{name}"')
    if kind == "text_link":
        _check_url(str(entity["url"]))
    if kind == "custom_emoji" and not str(entity[name]).isdecimal():
        raise _unread('Field "custom_emoji_id" must be a valid Number')
    return {name: entity[name]} if entity.get(name) else {}


def _check_url(url: str) -> None:
    if not url:
        raise bad_request("entity URL '' is invalid: URL host is empty")
    if not re.match(r"(https?://|tg:|ton:|mailto:|tel:)\S|[\w-]+\.\w", url):
        raise bad_request(f"entity URL '{url}' is invalid: Wrong HTTP URL")


def cleaned(formatted: Formatted) -> Formatted:
    """The text as Telegram stores it: no control characters, no space around it."""
    text, entities = formatted
    text = _CONTROL.sub(" ", text.replace("\r", "")) if _CONTROL.search(text) else text
    kept = text.rstrip()
    cut = units(kept) - units(kept.lstrip())
    kept = kept.lstrip()
    if kept == text:
        return text, entities
    return kept, _moved(entities, by=cut, end=units(kept))


def _moved(entities: list[Json], *, by: int, end: int) -> list[Json]:
    moved = []
    for entity in entities:
        start = max(entity["offset"] - by, 0)
        stop = min(entity["offset"] + entity["length"] - by, end)
        if stop > start:
            moved.append(entity | {"offset": start, "length": stop - start})
    return moved


def with_found(text: str, entities: list[Json]) -> list[Json]:
    """The entities with the commands, links and mentions that Telegram finds by itself."""
    matches = list(_FOUND.finditer(text)) if _HINT.search(text) else []
    if not matches:
        return entities
    starts, found = _starts(text), []
    for match in matches:
        start, end = starts[match.start()], starts[match.end()]
        if not any(_meet(entity, start, end) for entity in entities):
            found.append({"type": match.lastgroup, "offset": start, "length": end - start})
    return sorted(entities + found, key=lambda entity: (entity["offset"], -entity["length"]))


def _meet(entity: Json, start: int, end: int) -> bool:
    # A link inside bold text is still a link; inside code, or another link, it is not.
    opaque = entity["type"] in ("code", "pre", "text_link", "text_mention")
    offset, stop = entity["offset"], entity["offset"] + entity["length"]
    inside = offset <= start and end <= stop
    return offset < end and start < stop and (opaque or not inside)
