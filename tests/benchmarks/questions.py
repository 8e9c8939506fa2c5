"""The questions that measurements ask: the contract's `*.jsonl`."""

import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

FOLDER = Path(__file__).with_name("questions")
ABSTAIN = "abstain"
BLIND = "blind"
"""The tag of questions that were written when all was tuned."""
SEEN = "seen"
"""The tag of questions from whose misses something was learnt, whatever their cards."""
ALSO = "also:"
"""With it begins the tag that names another card which holds the whole answer, too."""
APART = ("followups", "safety", "several")
"""The files of what is not decided by the search alone; they are read when they are named."""

REGISTERS = (
    "formal",
    "everyday",
    "abbreviated",
    "mixed",
    "javanese",
    "sundanese",
    "english",
    "chinese",
)
"""How a question is typed; each one carries one of these tags."""

Part = Literal["tune", "report"]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and the card that answers it, or `abstain`."""

    id: str
    text: str
    card: str
    language: str | None
    tags: tuple[str, ...]
    file: str

    @property
    def is_answerable(self) -> bool:
        return self.card != ABSTAIN

    @property
    def cards(self) -> frozenset[str]:
        """The cards that answer it: mostly one."""
        others = (tag.removeprefix(ALSO) for tag in self.tags if tag.startswith(ALSO))
        return frozenset((self.card, *others))

    @property
    def part(self) -> Part:
        """All questions of a card are there to tune on, or none is; likewise the texts of others.

        Blind ones are there to report on, and seen ones to tune on.
        """
        if SEEN in self.tags:
            return "tune"
        if BLIND in self.tags:
            return "report"
        key = self.card if self.is_answerable else self.text
        return "tune" if zlib.crc32(key.encode()) % 2 else "report"

    @property
    def register(self) -> str:
        return next((tag for tag in self.tags if tag in REGISTERS), "untagged")


def read_questions(path: Path = FOLDER) -> list[Asked]:
    found = (file for file in path.glob("*.jsonl") if file.stem not in APART)
    files = sorted(found) if path.is_dir() else [path]
    return [
        _asked(json.loads(line), file.stem)
        for file in files
        for line in file.read_text(encoding="utf-8").splitlines()
        if line.strip()
    ]


def of_part(questions: Iterable[Asked], part: Part) -> list[Asked]:
    return [asked for asked in questions if asked.part == part]


def _asked(values: dict[str, object], file: str) -> Asked:
    tags = values.get("tags") or []
    assert isinstance(tags, list)
    language = values.get("language")
    return Asked(
        str(values["id"]),
        str(values["text"]),
        str(values["card"]),
        str(language) if language else None,
        tuple(str(tag) for tag in tags),
        file,
    )
