"""Cards to be written: draft files with people's questions in them, and no answer yet."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path

from bot.backends.knowledge.content import LANGUAGES
from bot.backends.knowledge.drafts import Head, front, slug
from bot.backends.knowledge.folder import Checked
from bot.backends.knowledge.markdown import ASKED
from bot.backends.knowledge.placing import write_new
from bot.backends.knowledge.suspect import suspect_findings
from bot.core.messages import DEFAULT_LANGUAGE

_PLACEHOLDER = re.compile(r"‹\w+›")
_OF_THE_FORMAT = re.compile(r"[|{}#]")
_TITLE = 60  # Characters.


@dataclass(frozen=True, slots=True)
class Stub:
    """A card to be written: how people ask it, each in a line that may stand in a file."""

    questions: tuple[str, ...]

    @classmethod
    def of(cls, texts: Sequence[str]) -> "Stub":
        """Make one of what people typed; what no knowledge file may hold is left out."""
        return cls(tuple(dict.fromkeys(_fit(texts))))

    @property
    def title(self) -> str:
        """Return the first question, cut to what a heading holds."""
        first = self.questions[0]
        return first if len(first) <= _TITLE else f"{first[:_TITLE].rsplit(' ', 1)[0]}…"


def asked_in(checked: Checked) -> Mapping[str, str]:
    """Return each question that a folder's cards are asked by, drafts too, with its file."""
    return {form.casefold(): read.file for read in checked.cards for form in read.card.asked}


def write_stub(folder: Path, stub: Stub, head: Head) -> Path:
    """Write a stub into a folder, under a name that no card there has, and return the file.

    Raises:
        KnowledgeError: it cannot be written.
    """
    begin = slug(stub.title)
    numbered = (f"{begin}-{number}" for number in count(2))
    name = next(name for name in chain([begin], numbered) if not _is_taken(folder, name))
    ending = ".md" if head.language == DEFAULT_LANGUAGE else f".{head.language}.md"
    asked = (f"{ASKED}: {question}" for question in stub.questions)
    lines = [*front(head), f"# {stub.title}", "", f"## {stub.title} {{#{name}}}", *asked, ""]
    write_new(folder / f"{name}{ending}", "\n".join(lines))
    return folder / f"{name}{ending}"


def _fit(texts: Sequence[str]) -> Iterator[str]:
    for text in texts:
        bare = _OF_THE_FORMAT.sub(" ", _PLACEHOLDER.sub(" ", text))
        line = " ".join(bare.split())
        if any(map(str.isalnum, line)) and not any(suspect_findings(line, file="")):
            yield line


def _is_taken(folder: Path, name: str) -> bool:
    """Say whether a file has this name in any language: they would be one card."""
    endings = ("md", *(f"{language}.md" for language in LANGUAGES))
    return any((folder / f"{name}.{ending}").exists() for ending in endings)
