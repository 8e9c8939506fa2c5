"""Files that program staff sent, until they press a button to publish them."""

import base64
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

from sqlalchemy import bindparam, delete, insert, select, update

from bot.backends.keys import Cipher
from bot.backends.store.database import Database
from bot.backends.store.tables import upload

_KEEP = 24 * 3600.0  # Seconds.


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file that was checked: where it goes, and what the folder was like when it was."""

    path: str
    content: bytes
    before: str
    """A digest of what stood there."""
    beside: str
    """A digest of everything else in the folder."""
    hash: str
    """That of the folder with the file in it, as a version has one."""


@dataclass(frozen=True, slots=True)
class Used:
    """A file that was published already, as this version."""

    version: int


class Uploads:
    """Keeps what waits for a press: encrypted, for a day, for the one who sent it."""

    def __init__(
        self, database: Database, cipher: Cipher, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._database = database
        self._cipher = cipher
        self._clock = clock

    async def keep(self, file: SentFile, *, person: int) -> str:
        """Keep a file, and return the name by which its sender finds it again.

        Raises:
            StoreError: it could not be written.
        """
        id_, now = secrets.token_urlsafe(12), self._clock()
        values = {"id": id_, "person": person, "at": now, "content": self._sealed(file)}
        await self._database.write((_EXPIRE, {"before": now - _KEEP}), (insert(upload), values))
        return id_

    async def find(self, id_: str, *, person: int) -> SentFile | Used | None:
        """Return a file, or what became of it; None where this person has none of that name.

        Raises:
            StoreError: the database is away, or the file was written under another key.
        """
        values = {"id_": id_, "person_": person, "after": self._clock() - _KEEP}
        rows = await self._database.rows(_FIND, values)
        if not rows:
            return None
        if rows[0].content is None:
            return Used(int(rows[0].version))
        return self._opened(rows[0].content)

    async def use(self, id_: str, *, version: int) -> None:
        """Forget what a file holds, but not what it was published as."""
        await self._database.write((_USE, {"id_": id_, "version_": version}))

    async def drop(self, id_: str, *, person: int) -> None:
        """Forget a file."""
        await self._database.write((_DROP, {"id_": id_, "person_": person}))

    async def expire(self) -> None:
        """Forget what nobody will press for any more."""
        await self._database.write((_EXPIRE, {"before": self._clock() - _KEEP}))

    def _sealed(self, file: SentFile) -> bytes:
        content = base64.b64encode(file.content).decode()
        return self._cipher.encrypt(json.dumps(asdict(file) | {"content": content}).encode())

    def _opened(self, sealed: bytes) -> SentFile:
        values = json.loads(self._cipher.decrypt(sealed))
        return SentFile(**values | {"content": base64.b64decode(values["content"])})


_IS_IT = upload.c.id == bindparam("id_")
_IS_THEIRS = upload.c.person == bindparam("person_")
_FIND = select(upload.c.content, upload.c.version).where(
    _IS_IT, _IS_THEIRS, upload.c.at > bindparam("after")
)
_USE = update(upload).where(_IS_IT).values(content=None, version=bindparam("version_"))
_DROP = delete(upload).where(_IS_IT, _IS_THEIRS)
_EXPIRE = delete(upload).where(upload.c.at <= bindparam("before"))
