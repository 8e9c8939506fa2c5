"""State in SQLite: people's languages and votes, and the database that published versions share."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import aiosqlite
from filelock import AsyncFileLock

from bot.core.messages import Language, Vote
from bot.core.ports import StoreError

DATABASE_FILE = "akar.sqlite3"

MIGRATIONS = (
    """
    CREATE TABLE person (id INTEGER PRIMARY KEY, language TEXT NOT NULL) STRICT;
    CREATE TABLE vote (
        chat INTEGER NOT NULL, message INTEGER NOT NULL, person INTEGER NOT NULL,
        card TEXT NOT NULL, vote TEXT NOT NULL, at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
        PRIMARY KEY (chat, message, person)
    ) STRICT;
    CREATE TABLE version (
        id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, hash TEXT NOT NULL,
        embeddings TEXT NOT NULL, state TEXT NOT NULL, content TEXT NOT NULL,
        at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
    ) STRICT;
    CREATE TABLE live (
        only INTEGER PRIMARY KEY CHECK (only = 1), version INTEGER REFERENCES version (id),
        considered TEXT NOT NULL
    ) STRICT;
    INSERT INTO live VALUES (1, NULL, '');
    """,
)
"""One script a schema version; the number of the last one run stands in `user_version`."""

_BUSY = 30.0  # Seconds to wait for another process's write.


class Database:
    """SQLite behind statements that commit by themselves, and one error for all that fails."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection

    async def run(self, statement: str, *values: object) -> None:
        """Run a statement.

        Raises:
            StoreError: the database is locked, full or damaged.
        """
        try:
            await self._connection.execute(statement, values)
        except sqlite3.Error as error:
            raise StoreError("state_unusable", reason=error) from error

    async def rows(self, query: str, *values: object) -> list[Any]:
        """Return what a query finds.

        Raises:
            StoreError: the database is locked or damaged.
        """
        try:
            async with self._connection.execute(query, values) as cursor:
                return list(await cursor.fetchall())
        except sqlite3.Error as error:
            raise StoreError("state_unusable", reason=error) from error


@asynccontextmanager
async def open_database(folder: Path) -> AsyncIterator[Database]:
    """Open the database in the data folder, made and brought up to date as needed.

    Several processes may have it open at once.

    Raises:
        StoreError: the folder or the file cannot be written, or is of a newer program.
    """
    path = folder / DATABASE_FILE
    try:
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        connection = await aiosqlite.connect(path, timeout=_BUSY, isolation_level=None)
    except (OSError, sqlite3.Error) as error:
        raise StoreError("data_unwritable", path=folder, reason=error) from error
    try:
        await _prepare(connection, path)
        yield Database(connection)
    finally:
        await connection.close()


async def _prepare(connection: aiosqlite.Connection, path: Path) -> None:
    try:
        async with AsyncFileLock(path.with_suffix(".lock")):  # SQLite lets no two turn WAL on.
            await connection.execute("PRAGMA journal_mode = WAL")
        await connection.execute("PRAGMA synchronous = NORMAL")
        await _migrate(connection, path)
    except (OSError, sqlite3.Error) as error:
        raise StoreError("data_unwritable", path=path, reason=error) from error


async def _migrate(connection: aiosqlite.Connection, path: Path) -> None:
    if await _schema(connection) == len(MIGRATIONS):
        return
    await connection.execute("BEGIN IMMEDIATE")  # A second first start waits here.
    try:
        present = await _schema(connection)
        _refuse_newer(present, path)
        for script in MIGRATIONS[present:]:
            for statement in script.split(";"):
                await connection.execute(statement)
        await connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        await connection.execute("COMMIT")
    except BaseException:
        await connection.execute("ROLLBACK")
        raise


def _refuse_newer(present: int, path: Path) -> None:
    if present > len(MIGRATIONS):
        raise StoreError("database_newer", path=path)


async def _schema(connection: aiosqlite.Connection) -> int:
    async with connection.execute("PRAGMA user_version") as cursor:
        row = await cursor.fetchone()
    return int(row[0]) if row else 0


class SqliteStore:
    """The core's `Store` on SQLite."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def language(self, person: int) -> Language | None:
        """Return the language the person chose, if they did."""
        rows = await self._database.rows("SELECT language FROM person WHERE id = ?", person)
        return str(rows[0][0]) if rows else None

    async def choose_language(self, person: int, language: Language) -> None:
        """Remember the language the person chose."""
        await self._database.run(
            "INSERT INTO person VALUES (?, ?)"
            " ON CONFLICT DO UPDATE SET language = excluded.language",
            person,
            language,
        )

    async def vote(self, person: int, *, chat: int, message: int, card: str, vote: Vote) -> None:
        """Remember what the person thought of an answer; the last vote on a message counts."""
        await self._database.run(
            "INSERT INTO vote (chat, message, person, card, vote) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET vote = excluded.vote, at = CURRENT_TIMESTAMP",
            *(chat, message, person, card, vote),
        )

    async def votes(self, card: str) -> Mapping[Vote, int]:
        """Count the votes that a card's answers got."""
        query = "SELECT vote, count(*) FROM vote WHERE card = ? GROUP BY vote"
        rows = await self._database.rows(query, card)
        return {cast("Vote", vote): int(count) for vote, count in rows}
