"""The questions that measurements ask: the contract's `*.jsonl`."""

import json
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).with_name("questions")
ABSTAIN = "abstain"
APART = ("followups", "safety", "several")
"""The files of what is not decided by the search alone; they are read when they are named."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and the card that answers it, or `abstain`."""

    id: str
    text: str
    card: str
    language: str | None
    tags: tuple[str, ...]

    @property
    def is_answerable(self) -> bool:
        return self.card != ABSTAIN


def read_questions(path: Path = FOLDER) -> list[Asked]:
    found = (file for file in path.glob("*.jsonl") if file.stem not in APART)
    files = sorted(found) if path.is_dir() else [path]
    return [
        _asked(json.loads(line))
        for file in files
        for line in file.read_text(encoding="utf-8").splitlines()
        if line.strip()
    ]


def _asked(values: dict[str, object]) -> Asked:
    tags = values.get("tags") or []
    assert isinstance(tags, list)
    language = values.get("language")
    return Asked(
        str(values["id"]),
        str(values["text"]),
        str(values["card"]),
        str(language) if language else None,
        tuple(str(tag) for tag in tags),
    )
