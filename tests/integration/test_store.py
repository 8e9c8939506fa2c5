"""What is remembered of people: one promise on every store, and SQLite's own."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.backends.store import DATABASE_FILE, MIGRATIONS, SqliteStore, open_database
from bot.core.ports import Store, StoreError
from tests.fakes import MemoryStore


@asynccontextmanager
async def opened(kind: str, folder: Path) -> AsyncIterator[Store]:
    if kind == "memory":
        yield MemoryStore()
        return
    async with open_database(folder) as connection:
        yield SqliteStore(connection)


@pytest.fixture(params=["memory", "sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    async with opened(request.param, tmp_path) as found:
        yield found


async def test_knows_no_language_before_one_was_chosen(store: Store) -> None:
    assert await store.language(1) is None


async def test_remembers_each_persons_language(store: Store) -> None:
    await store.choose_language(1, "en")
    await store.choose_language(2, "zh")

    assert (await store.language(1), await store.language(2)) == ("en", "zh")


async def test_the_last_language_counts(store: Store) -> None:
    await store.choose_language(1, "en")
    await store.choose_language(1, "id")

    assert await store.language(1) == "id"


async def test_telegram_ids_beyond_32_bits_are_kept(store: Store) -> None:
    await store.choose_language(7_999_999_999, "en")

    assert await store.language(7_999_999_999) == "en"


async def test_a_card_has_no_votes_before_anybody_voted(store: Store) -> None:
    assert await store.votes("a#1") == {}


async def test_counts_the_votes_of_each_card(store: Store) -> None:
    await store.vote(1, chat=1, message=10, card="a#1", vote="up")
    await store.vote(2, chat=2, message=10, card="a#1", vote="up")
    await store.vote(3, chat=3, message=10, card="a#1", vote="down")
    await store.vote(1, chat=1, message=11, card="b#1", vote="down")

    assert await store.votes("a#1") == {"up": 2, "down": 1}


async def test_the_last_vote_on_a_message_counts(store: Store) -> None:
    await store.vote(1, chat=1, message=10, card="a#1", vote="up")
    await store.vote(1, chat=1, message=10, card="a#1", vote="down")

    assert await store.votes("a#1") == {"down": 1}


async def test_everyone_in_a_group_has_a_vote(store: Store) -> None:
    await store.vote(1, chat=-5, message=10, card="a#1", vote="up")
    await store.vote(2, chat=-5, message=10, card="a#1", vote="up")

    assert await store.votes("a#1") == {"up": 2}


async def test_a_person_votes_on_each_answer(store: Store) -> None:
    await store.vote(1, chat=1, message=10, card="a#1", vote="up")
    await store.vote(1, chat=1, message=11, card="a#1", vote="up")

    assert await store.votes("a#1") == {"up": 2}


async def test_state_outlives_the_program(tmp_path: Path) -> None:
    async with opened("sqlite", tmp_path) as before:
        await before.choose_language(1, "en")

    async with opened("sqlite", tmp_path) as after:
        assert await after.language(1) == "en"


async def test_two_programs_share_the_state(tmp_path: Path) -> None:
    async with opened("sqlite", tmp_path) as one, opened("sqlite", tmp_path) as other:
        await one.choose_language(1, "en")
        await other.choose_language(2, "zh")

        assert (await other.language(1), await one.language(2)) == ("en", "zh")


async def test_makes_the_folder(tmp_path: Path) -> None:
    async with open_database(tmp_path / "new" / "folder"):
        pass

    assert (tmp_path / "new" / "folder" / DATABASE_FILE).is_file()


async def test_notes_the_schema_it_was_brought_to(tmp_path: Path) -> None:
    async with open_database(tmp_path):
        pass

    with sqlite3.connect(tmp_path / DATABASE_FILE) as database:
        version = database.execute("PRAGMA user_version").fetchone()
    database.close()
    assert version == (len(MIGRATIONS),)


async def test_refuses_the_database_of_a_newer_program(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / DATABASE_FILE) as database:
        database.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    database.close()

    with pytest.raises(StoreError) as refused:
        async with open_database(tmp_path):
            pass

    assert refused.value.code == "database_newer"
    assert refused.value.values == {"path": tmp_path / DATABASE_FILE}


async def test_many_first_opens_at_once_all_succeed(tmp_path: Path) -> None:
    async def choose(person: int) -> None:
        async with opened("sqlite", tmp_path) as store:
            await store.choose_language(person, "en")

    await asyncio.gather(*(choose(person) for person in range(8)))

    async with opened("sqlite", tmp_path) as store:
        assert [await store.language(person) for person in range(8)] == ["en"] * 8


async def test_a_migration_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / DATABASE_FILE) as database:
        database.execute("CREATE TABLE live (other TEXT)")
    database.close()

    with pytest.raises(StoreError):
        async with open_database(tmp_path):
            pass

    with sqlite3.connect(tmp_path / DATABASE_FILE) as database:
        tables = database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
    database.close()
    assert tables == [("live",)]


async def test_names_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StoreError) as refused:
        async with open_database(tmp_path / "file" / "data"):
            pass

    assert refused.value.code == "data_unwritable"
    assert refused.value.values["path"] == tmp_path / "file" / "data"


@pytest.mark.parametrize("content", [b"this is no database " * 100, b"\x00" * 4096])
async def test_names_a_file_that_is_no_database(tmp_path: Path, content: bytes) -> None:
    (tmp_path / DATABASE_FILE).write_bytes(content)

    with pytest.raises(StoreError) as refused:
        async with open_database(tmp_path):
            pass

    assert refused.value.code == "data_unwritable"


async def test_names_a_folder_where_the_file_should_be(tmp_path: Path) -> None:
    (tmp_path / DATABASE_FILE).mkdir()

    with pytest.raises(StoreError) as refused:
        async with open_database(tmp_path):
            pass

    assert refused.value.code == "data_unwritable"


async def test_a_damaged_database_is_told_as_such(tmp_path: Path) -> None:
    async with open_database(tmp_path) as database:
        store = SqliteStore(database)
        await database.run("DROP TABLE person")

        with pytest.raises(StoreError, match="state_unusable"):
            await store.language(1)
        with pytest.raises(StoreError, match="state_unusable"):
            await store.choose_language(1, "en")
