"""What is wrong in a knowledge folder, and where."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Literal

Level = Literal["mistake", "warning"]

WARNINGS = frozenset(
    {
        *("NO_QUESTIONS", "SAME_QUESTION", "UNFOUND_QUESTION", "OTHER_FIGURES"),
        *("NO_TRANSLATION", "OLD_TRANSLATION", "PAST_REVIEW", "UNREAD_FILE", "DRAFT_FILE"),
    }
)
"""Codes that do not keep a version from going live; every other code does."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One mistake or warning; its sentence is in `prompts/commands.<language>.yaml`."""

    file: str
    line: int
    code: str
    values: Mapping[str, object] = field(default_factory=dict, hash=False)
    is_of_draft: bool = False
    """It is of a file that is a draft: nothing of it goes live, so that it keeps nothing back."""

    @property
    def level(self) -> Level:
        """Say whether it keeps a version from going live."""
        return "warning" if self.is_of_draft or self.code in WARNINGS else "mistake"


def worded(finding: Finding, words: Mapping[str, str]) -> tuple[str, str]:
    """Say what is wrong, and how to mend it; nothing of the mend where it would be a guess."""
    wrong, mend = words[f"find_{finding.code}"], words[f"mend_{finding.code}"]
    is_known = "{near}" not in mend or finding.values.get("near")
    return wrong.format(**finding.values), mend.format(**finding.values) if is_known else ""


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings in the order of the files, each once."""
    return tuple(sorted(set(findings), key=lambda one: (one.file, one.line, one.code)))


def nearest(name: str, known: list[str]) -> str:
    """Return the known name most like this one, or nothing."""
    return next(iter(get_close_matches(name, known, n=1)), "")
