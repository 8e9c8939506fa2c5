"""Makes drafts of the documents that program staff send."""

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path, PurePath

from bot.backends.knowledge.documents import KINDS, MAX_BYTES
from bot.backends.knowledge.drafts import Head, drafted, slug
from bot.backends.knowledge.folder import check_folder, split_language


class Drafts:
    """Turns documents into knowledge files that nobody sees before a person edits them."""

    endings = frozenset(f".{kind}" for kind in KINDS)
    most = MAX_BYTES

    def __init__(self, folder: Path, *, today: Callable[[], date]) -> None:
        self._folder = folder
        self._today = today

    def name(self, document: str) -> str:
        """Return what the draft of a document is called."""
        return f"{slug(PurePath(document).stem)}.md"

    def draft(
        self, content: bytes, document: str, path: str, *, sentences: Mapping[str, str]
    ) -> str:
        """Return the draft of a document, which is to have this path; it takes seconds.

        Raises:
            KnowledgeError: the document cannot be read.
        """
        today, name = self._today(), " ".join(document.split())
        topics = check_folder(self._folder, today=today).content.program.topics
        topic = path.partition("/")[0] if "/" in path else ""
        note = sentences["draft_note"].format(name=name, day=today.isoformat())
        _, language = split_language(path)
        head = Head(topic if topic in topics or not topics else "", language, today, note)
        return drafted(content, name, head).text
