"""What a version of the knowledge holds: cards, sources, glossary, and the program's own words."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from bot.backends.knowledge.cards import Card, Number, PartialDate, Spoken, Words
from bot.backends.knowledge.clusters import ClustersEntry
from bot.backends.knowledge.guidance import Guidance
from bot.backends.knowledge.safety import SafetyEntry
from bot.core.messages import Language, Status

PINNED = "pinned.yaml"
ABSTAIN = "abstain"
"""Stands in `pinned.yaml` in place of a card where a question is not to be answered."""

LANGUAGES: tuple[Language, ...] = ("id", "en", "zh")


_Day = Annotated[Number, Field(ge=1, le=7)]
_Time = Annotated[str, Field(pattern=r"^([01]\d|2[0-3])\.[0-5]\d$")]


class SourceEntry(BaseModel):
    """One source: `date` is left out, or `undated`, where it shows none."""

    model_config = ConfigDict(extra="forbid")

    publisher: str
    title: str
    url: str = ""
    date: PartialDate = "undated"


class OfficeEntry(BaseModel):
    """When program staff answer."""

    model_config = ConfigDict(extra="forbid")

    days: Annotated[list[_Day], Field(min_length=1)]
    opens: _Time
    closes: _Time
    zone: Annotated[Number, Field(ge=-12, le=14)]
    hours: Annotated[Words, Field(min_length=1)]
    wait: Words = {}


class NoticeEntry(BaseModel):
    """What an overseas seller is told with a verdict, and the card that it stands in."""

    model_config = ConfigDict(extra="forbid")

    card: str
    when: list[Status] = []
    """The verdicts it goes with; without any, all of them."""
    text: Words


class ProgramEntry(BaseModel):
    """`program.yaml`: what the program says of itself, by language."""

    model_config = ConfigDict(extra="forbid")

    name: Words = {}
    about: Words = {}
    topics: dict[str, Words] = {}
    ask: Words = {}
    examples: dict[Spoken, list[str]] = {}
    office: OfficeEntry | None = None
    others: list[str] = []
    """Names of other parties: only a card that names one answers a question that does."""
    notices: list[NoticeEntry] = []


@dataclass(frozen=True, slots=True)
class Content:
    """Everything a version publishes, as plain values."""

    cards: tuple[Card, ...] = ()
    sources: Mapping[str, SourceEntry] = field(default_factory=dict)
    glossary: Mapping[str, str] = field(default_factory=dict)
    program: ProgramEntry = field(default_factory=ProgramEntry)
    pinned: Mapping[str, str] = field(default_factory=dict)
    """Questions, and what a version must answer them with to go live."""
    safety: SafetyEntry = field(default_factory=SafetyEntry)
    guidance: Guidance = field(default_factory=Guidance)
    clusters: ClustersEntry = field(default_factory=ClustersEntry)

    @property
    def has_lines(self) -> bool:
        """Say whether somebody wrote for most cards what they are asked for with.

        Cards of which nobody did are found by their texts, which are longer than questions and
        worded otherwise: they are ranked, and trusted, in another way.
        """
        return 2 * sum(bool(card.asked) for card in self.cards) >= len(self.cards)

    def to_json(self) -> str:
        """Return the content as JSON, the same text for the same content."""
        values = {
            "cards": [card.to_dict() for card in self.cards],
            "sources": {code: entry.model_dump() for code, entry in self.sources.items()},
            "glossary": dict(self.glossary),
            "program": self.program.model_dump(),
            "pinned": dict(self.pinned),
            "safety": self.safety.model_dump(),
            "guidance": self.guidance.model_dump(mode="json"),
            "clusters": self.clusters.model_dump(),
        }
        return json.dumps(values, ensure_ascii=False, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "Content":
        """Make the content again from `to_json`."""
        values = json.loads(text)
        return cls(
            cards=tuple(Card.from_dict(card) for card in values["cards"]),
            sources={code: SourceEntry(**entry) for code, entry in values["sources"].items()},
            glossary=values["glossary"],
            program=ProgramEntry(**values["program"]),
            pinned=values.get("pinned", {}),
            safety=SafetyEntry(**values.get("safety", {})),
            guidance=Guidance(**values.get("guidance", {})),
            clusters=ClustersEntry(**values.get("clusters", {})),
        )

    def hash(self) -> str:
        """Return a short hash of everything in the content."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:16]
