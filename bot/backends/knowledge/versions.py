"""The published versions of the knowledge, as they stand in the database."""

from dataclasses import dataclass
from typing import Literal

from bot.backends.knowledge.content import Content
from bot.backends.store import Database

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


class Versions:
    """Reads and writes the versions; every change is one statement."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def live(self) -> Version | None:
        """Return the version that answers come from."""
        found = await self._select("JOIN live ON live.version = version.id")
        return found[0] if found else None

    async def considered(self) -> str:
        """Return the hash of the folder that was last published or rolled back from."""
        rows = await self._database.rows("SELECT considered FROM live")
        return str(rows[0][0]) if rows else ""

    async def all(self) -> list[Version]:
        """Return every version kept, newest first."""
        return await self._select("ORDER BY id DESC")

    async def content(self, version: Version) -> Content:
        """Return what a version publishes."""
        query = "SELECT content FROM version WHERE id = ?"
        rows = await self._database.rows(query, version.number)
        return Content.from_json(rows[0][0]) if rows else Content()

    async def add(self, name: str, *, content: Content, hash_: str, embeddings: str) -> Version:
        """Note a version that is about to be built."""
        await self._database.run(
            "INSERT INTO version (name, hash, embeddings, state, content)"
            " VALUES (?, ?, ?, 'building', ?)",
            *(name, hash_, embeddings, content.to_json()),
        )
        return (await self._select("WHERE name = ?", name))[0]

    async def mark(self, version: Version, state: State) -> None:
        """Note how far a version is built."""
        await self._database.run("UPDATE version SET state = ? WHERE id = ?", state, version.number)

    async def switch(self, version: Version) -> None:
        """Make a version the live one, in one step."""
        await self._database.run(
            "UPDATE live SET version = ?, considered = ?", version.number, version.hash
        )

    async def remove(self, version: Version) -> None:
        """Forget a version that is not live."""
        await self._database.run("DELETE FROM version WHERE id = ?", version.number)

    async def _select(self, rest: str, *values: str) -> list[Version]:
        columns = "version.id, name, hash, embeddings, state, at"
        query = f"SELECT {columns} FROM version {rest}"  # noqa: S608 - `rest` is one of the above
        return [Version(*row) for row in await self._database.rows(query, *values)]
