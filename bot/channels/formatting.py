"""Markdown as a Telegram chat shows it: plain text, entities, and pieces that fit a message."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from telegramify_markdown import MessageEntity, convert, split_entities, utf16_len

MAX_TEXT = 4096  # UTF-16 units that Telegram takes in one message.
_RARE_BULLET = "⦁"  # Cheap phones show a box instead; ours has the same length.
MAX_ENTITIES = 100  # Telegram ignores those beyond.
_CONVERTED = 200  # Texts whose conversion is remembered: the same cards are told again and again.


@dataclass(frozen=True, slots=True)
class Piece:
    """Text that fits one message, and its formatting, counted in UTF-16 units."""

    text: str
    entities: tuple[MessageEntity, ...] = ()


def pieces(markdown: str) -> Iterator[Piece]:
    """Yield the messages that a Markdown text takes, split between paragraphs where it can be."""
    text, entities = _converted(markdown)
    yield from _split(text, list(entities), MAX_TEXT)


def plain(markdown: str) -> str:
    """Return what a person reads of a Markdown text."""
    text, _ = _converted(markdown)
    return text.strip()


@lru_cache(_CONVERTED)
def _converted(markdown: str) -> tuple[str, tuple[MessageEntity, ...]]:
    text, entities = convert(markdown, latex_escape=False)
    return text.replace(_RARE_BULLET, "•"), tuple(entities)


def _split(text: str, entities: list[MessageEntity], most: int) -> Iterator[Piece]:
    """Split at `most` units; a part with too many entities is halved until it has few enough."""
    for part, inside in split_entities(text, entities, most):
        if len(inside) > MAX_ENTITIES:
            yield from _split(part, inside, utf16_len(part) // 2 + 1)
        elif part.strip():
            yield Piece(part, tuple(inside))
