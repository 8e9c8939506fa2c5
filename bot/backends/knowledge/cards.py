"""A card, and the keys that its file and its heading may carry."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

from bot.core.messages import DEFAULT_LANGUAGE, Language

MAX_TEXT = 900  # Characters that fit a phone screen.
UNDATED = "undated"

_PARTIAL = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")


def _partial_date(text: str) -> str:
    """Check a date of which the day, or the month too, may be left out."""
    if text == UNDATED:
        return text
    if not _PARTIAL.fullmatch(text):
        raise ValueError(text)
    year, month, day = ([int(part) for part in text.split("-")] + [1, 1])[:3]
    date(year, month, day)
    return text


PartialDate = Annotated[str, AfterValidator(_partial_date)]
"""YYYY-MM-DD, YYYY-MM, YYYY, or `undated`."""


def _day(value: Any) -> date:
    if not isinstance(value, str):  # A list in brackets.
        raise ValueError(value)  # noqa: TRY004 - pydantic names what is wrong by it
    return date.fromisoformat(value)


def _number(value: Any) -> int:
    if not isinstance(value, str | int):
        raise ValueError(value)  # noqa: TRY004 - pydantic names what is wrong by it
    return int(value)


IsoDate = Annotated[date, BeforeValidator(_day)]
Number = Annotated[int, BeforeValidator(_number)]


Spoken = Literal["id", "en", "zh"]
Words = dict[Spoken, str]
"""Words in each language that has them."""


def with_default(words: dict[Any, str]) -> dict[Any, str]:
    """Check that there are words for those whose language has none."""
    if not words.get(DEFAULT_LANGUAGE):
        raise ValueError(words)
    return words


class FileKeys(BaseModel):
    """What the front matter of a knowledge file may say; a card's own lines override it."""

    model_config = ConfigDict(extra="forbid")

    topic: str = ""
    language: Language = "id"
    sources: list[str] = []
    as_of: PartialDate = ""
    seen: IsoDate | None = None
    changed: IsoDate | None = None
    translates: IsoDate | None = None
    review_by: IsoDate | None = None
    valid_until: IsoDate | None = None
    deadline: IsoDate | None = None
    draft: bool = False


class CardKeys(FileKeys):
    """What the lines under a card's heading may say, besides what they inherit."""

    facts: list[str] = []
    unknown: bool = False
    looked_for: IsoDate | None = None


INHERITED_ONLY = frozenset({"topic", "language", "changed", "translates"})
"""Keys that belong in the front matter and not under a heading."""


@dataclass(frozen=True, slots=True)
class Card:
    """One question and its one answer, in one language."""

    name: str
    """`path#anchor`, the same in every language."""
    language: Language
    title: str
    text: str
    asked: tuple[str, ...]
    """How people ask it: the `Ditanyakan` lines."""
    topic: str
    sources: tuple[str, ...]
    as_of: str
    seen: str
    unknown: bool
    review_by: str
    valid_until: str
    deadline: str
    facts: tuple[str, ...]

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Card":
        """Make a card again from what `to_dict` gave."""
        frozen: dict[str, Any] = {
            key: tuple(part) if isinstance(part, list) else part for key, part in values.items()
        }
        return cls(**frozen)

    def to_dict(self) -> dict[str, Any]:
        """Return the card as plain values for JSON."""
        return asdict(self)
