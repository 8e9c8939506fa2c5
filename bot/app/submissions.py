"""Files that program staff send: whether they are taken, where they go, until they are used."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Protocol

from bot.backends.knowledge import places
from bot.backends.knowledge.places import Misplaced, Place
from bot.backends.knowledge.publish import ChangedError
from bot.backends.store.uploads import SentFile, Uploads, Used
from bot.core.desk import Declined
from bot.core.messages import Upload
from bot.core.ports import ChannelError

Fetch = Callable[[str, int], Awaitable[bytes]]
"""Fetches a file by its id, if it has no more than so many bytes."""

Sentences = Mapping[str, str]
"""What commands print in one language."""

_MOST = 500_000  # Bytes of a knowledge file: ten times the largest there is.


class Documents(Protocol):
    """Makes drafts of documents: knowledge files that nobody sees before a person edits them."""

    @property
    def endings(self) -> frozenset[str]:
        """Return the endings of what can be read, each with its dot."""
        ...

    @property
    def most(self) -> int:
        """Return how many bytes a document may have."""
        ...

    def name(self, document: str) -> str:
        """Return what the draft of a document is called."""
        ...

    def draft(self, content: bytes, document: str, path: str, *, sentences: Sentences) -> str:
        """Return the draft of a document, which is to have this path; it takes seconds.

        Raises:
            KnowledgeError: the document cannot be read.
        """
        ...


@dataclass(frozen=True, slots=True)
class Submission:
    """A file with its place in the folder, and what the folder was like when it came."""

    place: Place
    content: bytes
    before: str
    """A digest of what stood there."""
    beside: str
    """A digest of everything else in the folder."""
    draft: str = ""
    """What a document was made into."""


async def _fetch_nothing(_file: str, _most: int) -> bytes:
    raise ChannelError("file_unfetched")


class Submissions:
    """Takes files in; `fetch` is set once there is a channel to fetch them from."""

    def __init__(self, folder: Path, uploads: Uploads, *, documents: Documents) -> None:
        self.fetch: Fetch = _fetch_nothing
        self._folder = folder
        self._uploads = uploads
        self._documents = documents

    async def receive(self, upload: Upload, *, sentences: Sentences) -> Submission | Declined:
        """Fetch a file, unless it is none that can be put into the folder.

        Raises:
            BotError: it cannot be fetched, or is a document that cannot be read.
        """
        is_document = PurePath(upload.name).suffix.lower() in self._documents.endings
        most = self._documents.most if is_document else _MOST
        place_of = self._place_of_draft if is_document else self._place
        place = await asyncio.to_thread(place_of, upload)
        if isinstance(place, Declined):
            return place
        if upload.size > most:
            return Declined("large", {"most": f"{most // 1000} kB"})
        content = await self.fetch(upload.file, most)
        if is_document:
            return await asyncio.to_thread(self._drafted, place, content, upload.name, sentences)
        return await asyncio.to_thread(self._submitted, place, content)

    @asynccontextmanager
    async def tried(self, file: Submission) -> AsyncIterator[Path]:
        """Yield a copy of the folder with the file in it."""
        with ExitStack() as stack:
            copy = places.copy_with(self._folder, file.place.path, file.content)
            yield await asyncio.to_thread(stack.enter_context, copy)

    async def keep(self, file: Submission, hash_: str, *, person: int) -> str:
        """Keep a file until its sender publishes it; `hash_` is that of the folder with it."""
        sent = SentFile(file.place.path, file.content, file.before, file.beside, hash_)
        return await self._uploads.keep(sent, person=person)

    async def find(self, key: str, *, person: int) -> SentFile | Used | None:
        """Return a file of this person's, or what became of it."""
        return await self._uploads.find(key, person=person)

    async def again(self, file: SentFile) -> Submission:
        """Look at the folder once more, for a file that was kept."""

        def look() -> Submission:
            is_new = places.content_of(self._folder, file.path) is None
            return self._compared(Place(file.path, is_new), file.content)

        return await asyncio.to_thread(look)

    async def use(self, key: str, *, version: int) -> None:
        """Forget what a file holds, which is published as this version."""
        await self._uploads.use(key, version=version)

    async def drop(self, key: str, *, person: int) -> None:
        """Forget a file of this person's."""
        await self._uploads.drop(key, person=person)

    def _place(self, upload: Upload) -> Place | Declined:
        found = places.place_of(self._folder, upload.name, upload.caption)
        if isinstance(found, Misplaced):
            endings = ", ".join(sorted(self._documents.endings))
            near = ", ".join(found.near)
            return Declined(found.reason, {"name": upload.name, "near": near, "endings": endings})
        return found

    def _place_of_draft(self, upload: Upload) -> Place | Declined:
        """Return where a draft goes: never where a file is already."""
        name = self._documents.name(upload.name)
        found = places.place_of(self._folder, name, upload.caption or f"./{name}")
        if isinstance(found, Misplaced):
            return Declined(found.reason, {"name": name, "near": ", ".join(found.near)})
        return found if found.is_new else Declined("taken", {"name": found.path})

    def _drafted(self, place: Place, content: bytes, name: str, sentences: Sentences) -> Submission:
        text = self._documents.draft(content, name, place.path, sentences=sentences)
        return self._compared(place, text.encode(), draft=text)

    def _submitted(self, place: Place, content: bytes) -> Submission | Declined:
        found = self._compared(place, content)
        if found.before == _digest(content):
            return Declined("same", {"name": place.path})
        return found

    def _compared(self, place: Place, content: bytes, *, draft: str = "") -> Submission:
        before = _digest(places.content_of(self._folder, place.path))
        beside = places.digest(self._folder, beside=place.path)
        return Submission(place, content, before, beside, draft)


def put_in(folder: Path, file: SentFile) -> None:
    """Put a file into the folder, if that is as it was when the file was looked at.

    A file that is there already was put there by a press that was cut short.

    Raises:
        ChangedError: somebody has changed something else meanwhile.
        KnowledgeError: the folder cannot be written.
    """
    present = _digest(places.content_of(folder, file.path))
    is_same = present in (file.before, _digest(file.content))
    if not is_same or places.digest(folder, beside=file.path) != file.beside:
        raise ChangedError(folder)
    places.put(folder, file.path, file.content)


def _digest(content: bytes | None) -> str:
    """Return a digest of a file; nothing where there is none."""
    return "" if content is None else hashlib.sha256(content).hexdigest()
