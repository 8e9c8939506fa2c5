"""What the tests of the state share: the databases there are, and what is put into them."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import event, func, select, text

from bot.backends.keys import Cipher
from bot.backends.store.database import Database
from bot.backends.store.tables import METADATA
from bot.channels.telegram.incoming import envelope
from bot.core.messages import Received

KEY, OTHER_KEY = (Fernet.generate_key().decode() for _ in range(2))
CIPHER = Cipher.of(KEY)
DATABASES = ("sqlite", "postgresql")


@dataclass
class Clock:
    """Seconds since 1970, which a test moves on."""

    now: float = 1_900_000_000.0

    def __call__(self) -> float:
        return self.now


def url_of(kind: str, request: pytest.FixtureRequest) -> str | None:
    """The address of an empty PostgreSQL database; none for SQLite, which has a file."""
    return None if kind == "sqlite" else str(request.getfixturevalue("postgres_url"))


def letter(
    update: int, *, chat: int = 1, person: int | None = None, said: str = "halo"
) -> Received:
    """A message as it comes from Telegram; in a private chat the chat is the person."""
    message = {
        "message_id": 7,
        "date": 1_900_000_000,
        "chat": {"id": chat, "type": "group" if chat < 0 else "private", "first_name": "Sari"},
        "from": {"id": chat if person is None else person, "first_name": "Sari"},
        "text": said,
    }
    return envelope(json.dumps({"update_id": update, "message": message}))


async def contents(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    tables = METADATA.sorted_tables
    return {
        table.name: sorted((tuple(row) for row in await database.rows(select(table))), key=repr)
        for table in tables
    }


async def count(database: Database, table: str) -> int:
    query = select(func.count()).select_from(METADATA.tables[table])
    return int((await database.rows(query))[0][0])


def set_on_use(database: Database, pragma: Callable[[], str]) -> None:
    """Give every connection of SQLite this setting, as it is when the connection is used."""

    def give(connection: Any, *_: object) -> None:
        connection.cursor().execute(f"PRAGMA {pragma()}")

    event.listen(database.engine, "checkout", give)


def commits_of(database: Database) -> list[str]:
    """A list to which every commit of a connection from now on is added."""
    seen: list[str] = []
    event.listen(database.engine, "commit", lambda _: seen.append("commit"))
    return seen


async def until(is_so: Callable[[], Awaitable[object]], *, within: float = 10.0) -> None:
    """Wait until something is so, and fail where that takes too long."""
    deadline = time.monotonic() + within
    while not await is_so():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


async def version_of(database: Database) -> list[str]:
    """The revisions that the tables are of."""
    return [row[0] for row in await database.rows(text("SELECT version_num FROM alembic_version"))]
