"""The published versions of the knowledge, as they stand in the database."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import Row, bindparam, delete, insert, select, update

from bot.backends.knowledge.content import Content
from bot.backends.store.database import Database
from bot.backends.store.tables import live, version

State = Literal["building", "words", "whole"]
"""`building`: not to be served; `words`: served without vectors; `whole`: complete."""

KEPT = 10


@dataclass(frozen=True, slots=True)
class Version:
    """One published version; `name` is also that of its collection of vectors."""

    number: int
    name: str
    hash: str
    embeddings: str
    state: State
    at: str
    """When it was made, in UTC."""
    by: str = ""
    """Who had it published: a way and a name, such as `telegram:1`; nothing of older programs."""


@dataclass(frozen=True, slots=True)
class Switch:
    """Who made the live version the live one, and when, in UTC."""

    by: str = ""
    at: str = ""


class Versions:
    """Reads and writes the versions; every change is one statement."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def live(self) -> Version | None:
        """Return the version that answers come from."""
        rows = await self._database.rows(_LIVE)
        return _version(rows[0]) if rows else None

    async def considered(self) -> str:
        """Return the hash of the folder that was last published, or found to be live."""
        rows = await self._database.rows(select(live.c.considered))
        return str(rows[0].considered) if rows else ""

    async def switched(self) -> Switch:
        """Return who made the live version the live one: it may have been live before."""
        rows = await self._database.rows(select(live.c.by, live.c.at))
        return Switch(rows[0].by or "", rows[0].at or "") if rows else Switch()

    async def all(self) -> list[Version]:
        """Return every version kept, newest first."""
        rows = await self._database.rows(_VERSION.order_by(version.c.id.desc()))
        return [_version(row) for row in rows]

    async def content(self, of: Version) -> Content:
        """Return what a version publishes."""
        rows = await self._database.rows(_CONTENT, {"id_": of.number})
        return Content.from_json(rows[0].content) if rows else Content()

    async def add(
        self, name: str, *, content: Content, hash_: str, embeddings: str, by: str = ""
    ) -> Version:
        """Note a version that is about to be built.

        Raises:
            StoreError: it could not be written.
        """
        values = {
            "name": name,
            "hash": hash_,
            "embeddings": embeddings,
            "state": "building",
            "content": content.to_json(),
            "at": _now(),
            "by": by,
        }
        await self._database.write((insert(version), values))
        return _version((await self._database.rows(_NAMED, {"name_": name}))[0])

    async def mark(self, one: Version, state: State) -> None:
        """Note how far a version is built."""
        await self._database.write((_MARK, {"id_": one.number, "state_": state}))

    async def switch(self, to: Version, *, considered: str | None = None, by: str = "") -> None:
        """Make a version the live one, in one step; with the hash of the folder it was made of."""
        values = {"id_": to.number, "by_": by, "at_": _now()}
        if considered is None:
            await self._database.write((_SWITCH, values))
        else:
            await self._database.write((_SWITCH_CONSIDERED, values | {"hash_": considered}))

    async def consider(self, hash_: str) -> None:
        """Note the hash of a folder that needs no publishing."""
        await self._database.write((_CONSIDER, {"hash_": hash_}))

    async def withdraw(self) -> None:
        """Let no version be live."""
        await self._database.write((_WITHDRAW, {}))

    async def remove(self, one: Version) -> None:
        """Forget a version that is not live."""
        await self._database.write((_REMOVE, {"id_": one.number}))


def _now() -> str:
    return datetime.now(UTC).isoformat(sep=" ", timespec="seconds")


def _version(row: Row[Any]) -> Version:
    return Version(row.id, row.name, row.hash, row.embeddings, row.state, row.at, row.by or "")


_VERSION = select(
    *(version.c.id, version.c.name, version.c.hash),
    *(version.c.embeddings, version.c.state, version.c.at, version.c.by),
)
_LIVE = _VERSION.join(live, live.c.version == version.c.id)
_NAMED = _VERSION.where(version.c.name == bindparam("name_"))
_IS_IT = version.c.id == bindparam("id_")
_CONTENT = select(version.c.content).where(_IS_IT)
_MARK = update(version).where(_IS_IT).values(state=bindparam("state_"))
_SWITCH = update(live).values(version=bindparam("id_"), by=bindparam("by_"), at=bindparam("at_"))
_SWITCH_CONSIDERED = _SWITCH.values(considered=bindparam("hash_"))
_CONSIDER = update(live).values(considered=bindparam("hash_"))
_WITHDRAW = update(live).values(version=None, considered="")
_REMOVE = delete(version).where(_IS_IT)
