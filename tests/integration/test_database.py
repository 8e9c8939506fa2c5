"""The database itself: writes that share a commit, and what happens when it cannot be written."""

import asyncio
import resource
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, bindparam, delete, event, insert, select, text

from bot.backends.store.database import DATABASE_FILE, Database, Write, open_database
from bot.backends.store.tables import trouble
from bot.core.ports import LostError, StoreError
from tests.integration.databases import (
    DATABASES,
    commits_of,
    count,
    set_on_use,
    until,
    url_of,
)
from tests.servers import PostgresServer, postgres_programs, postgres_server

pytestmark = pytest.mark.timeout(300)

_NEW = insert(trouble)
_GONE = delete(trouble).where(trouble.c.code == bindparam("code_"))


def note(code: str, detail: str = "") -> Write:
    """A write that fails where the code is there already."""
    return (_NEW, {"code": code, "at": 1.0, "detail": detail})


async def can_write(database: Database) -> bool:
    try:
        await database.write((_GONE, {"code_": "nothing"}))
        await database.rows(select(trouble))
    except StoreError:
        return False
    return True


async def codes(database: Database) -> list[str]:
    return sorted((row.code for row in await database.rows(select(trouble))), key=str)


@pytest.fixture(params=DATABASES)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    async with open_database(tmp_path, url=url_of(request.param, request)) as found:
        yield found


@pytest.fixture
async def file(tmp_path: Path) -> AsyncIterator[Database]:
    """A database in a file, which waits for a tenth of a second while another writes."""
    async with open_database(tmp_path) as found:
        set_on_use(found, lambda: "busy_timeout = 100")
        yield found


@pytest.fixture
def server(postgres: str) -> Iterator[PostgresServer]:
    """A server that a test may stop."""
    programs = postgres_programs()
    assert programs
    with postgres_server(programs, settings={}) as running:
        yield running


# Writes that share a commit.


async def test_writes_that_wait_share_a_commit(database: Database) -> None:
    commits = commits_of(database)

    await asyncio.gather(*(database.write(note(f"{number}")) for number in range(200)))

    assert len(commits) == 1
    assert await count(database, "trouble") == 200


async def test_steps_that_wait_share_the_commit_too(database: Database) -> None:
    def find(connection: Connection) -> int:
        return len(connection.execute(select(trouble)).all())

    commits = commits_of(database)

    done = await asyncio.gather(
        database.write(note("a")), database.transact(find), database.write(note("b"))
    )

    assert len(commits) == 1
    assert done[1] == 2


async def test_steps_of_a_lower_rank_come_first(database: Database) -> None:
    seen: list[str] = []

    def see(name: str) -> str:
        seen.append(name)
        return name

    done = await asyncio.gather(
        database.transact(lambda _: see("last"), rank=1),
        database.transact(lambda _: see("first")),
        database.transact(lambda _: see("second")),
    )

    assert seen == ["first", "second", "last"]
    assert list(done) == ["last", "first", "second"]


async def test_what_comes_during_a_commit_shares_the_next(database: Database) -> None:
    commits = commits_of(database)

    async def one_after_the_other(name: int) -> None:
        for number in range(5):
            await database.write(note(f"{name}.{number}"))

    await asyncio.gather(*(one_after_the_other(name) for name in range(40)))

    assert len(commits) < 20
    assert await count(database, "trouble") == 200


async def test_a_commit_is_not_endless(database: Database) -> None:
    commits = commits_of(database)

    await asyncio.gather(*(database.write(note(f"{number}")) for number in range(600)))

    assert len(commits) == 3
    assert await count(database, "trouble") == 600


async def test_a_write_that_fails_fails_alone(database: Database) -> None:
    await database.write(note("there"))

    done = await asyncio.gather(
        *(database.write(note(code)) for code in ("a", "there", "b", "c")), return_exceptions=True
    )

    assert [type(each) for each in done] == [type(None), StoreError, type(None), type(None)]
    assert await codes(database) == ["a", "b", "c", "there"]


async def test_steps_that_fail_fail_alone_and_with_their_own_error(database: Database) -> None:
    def fail(connection: Connection) -> None:
        connection.execute(*note("half"))
        raise LostError("chat_taken_over", update=5)

    done = await asyncio.gather(
        database.write(note("a")),
        database.transact(fail),
        database.write(note("b")),
        return_exceptions=True,
    )

    assert [type(each) for each in done] == [type(None), LostError, type(None)]
    assert await codes(database) == ["a", "b"]


async def test_statements_of_one_write_are_done_all_or_none(database: Database) -> None:
    await database.write(note("there"))

    with pytest.raises(StoreError):
        await database.write((_GONE, {"code_": "there"}), note("a"), note("a"))

    assert await codes(database) == ["there"]


async def test_the_last_of_two_writes_counts(database: Database) -> None:
    await asyncio.gather(
        database.write(note("a")),
        database.write((_GONE, {"code_": "a"})),
        database.write(note("b")),
    )

    assert await codes(database) == ["b"]


async def test_statements_of_one_write_keep_their_order_beside_those_of_others(
    database: Database,
) -> None:
    await asyncio.gather(
        database.write(note("a")),
        database.write((_GONE, {"code_": "edited"}), note("edited")),
        database.write(note("b"), (_GONE, {"code_": "b"})),
    )

    assert await codes(database) == ["a", "edited"]


async def test_statements_that_are_alike_go_as_one_whatever_is_beside_them(file: Database) -> None:
    done: list[str] = []
    event.listen(file.engine, "before_cursor_execute", lambda *given: done.append(given[2][:6]))

    await asyncio.gather(
        *(file.write(note(f"{number}"), (_GONE, {"code_": "x"})) for number in range(20)),
        file.write((_GONE, {"code_": "y"})),
        *(file.write(note(f"{number}")) for number in range(20, 40)),
    )

    assert done == ["BEGIN ", "INSERT", "DELETE"]


async def test_a_write_can_be_read_once_it_is_done(database: Database) -> None:
    for number in range(20):
        await database.write(note(f"{number}"))

        assert await count(database, "trouble") == number + 1


async def test_callers_that_give_up_do_not_stop_the_others(database: Database) -> None:
    tasks = [asyncio.create_task(database.write(note(f"{number}"))) for number in range(20)]
    await asyncio.sleep(0)

    for task in tasks[::2]:
        task.cancel()
    done = await asyncio.gather(*tasks, return_exceptions=True)
    await database.write(note("later"))

    assert [type(each) for each in done] == [asyncio.CancelledError, type(None)] * 10
    assert {f"{number}" for number in range(1, 20, 2)} | {"later"} <= set(await codes(database))


async def test_reads_that_are_given_up_leave_no_connection_behind(database: Database) -> None:
    for _ in range(30):
        reading = asyncio.create_task(database.rows(select(trouble)))
        await asyncio.sleep(0)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)

    await database.write(note("a"))
    assert await codes(database) == ["a"]


async def test_nothing_goes_on_after_closing_amid_reads_that_are_given_up(tmp_path: Path) -> None:
    for _ in range(10):
        async with open_database(tmp_path) as file:
            reads = [asyncio.create_task(file.rows(select(trouble))) for _ in range(3)]
            await asyncio.sleep(0.001)
            for reading in reads:
                reading.cancel()

        assert asyncio.all_tasks() <= {asyncio.current_task(), *reads}


async def test_what_waits_is_written_before_the_database_closes(
    request: pytest.FixtureRequest, tmp_path: Path, database: Database
) -> None:
    url = url_of(request.node.callspec.params["database"], request)

    async with open_database(tmp_path, url=url) as other:
        writing = [asyncio.create_task(other.write(note(f"{number}"))) for number in range(50)]
        await asyncio.sleep(0)
    await asyncio.gather(*writing)

    assert await count(database, "trouble") == 50


async def test_what_is_exclusive_is_done_one_after_the_other(
    request: pytest.FixtureRequest, tmp_path: Path, database: Database
) -> None:
    seen: list[str] = []

    async def work(one: Database) -> None:
        async with one.exclusive("publish"):
            seen.append("begin")
            await asyncio.sleep(0.05)
            seen.append("end")

    url = url_of(request.node.callspec.params["database"], request)
    async with open_database(tmp_path, url=url) as other:
        await asyncio.gather(work(database), work(other), work(database))

    assert seen == ["begin", "end"] * 3


async def test_what_is_exclusive_is_free_again_after_a_failure(database: Database) -> None:
    with pytest.raises(LostError):
        async with database.exclusive("publish"):
            raise LostError("chat_taken_over", update=5)

    async with database.exclusive("publish"):
        pass


async def test_different_names_do_not_exclude_each_other(database: Database) -> None:
    async with database.exclusive("publish"), database.exclusive("backup"):
        pass


async def test_a_damaged_database_is_told_as_such(database: Database) -> None:
    def drop(connection: Connection) -> None:
        connection.execute(text("DROP TABLE trouble"))

    await database.transact(drop)

    with pytest.raises(StoreError):
        await codes(database)
    with pytest.raises(StoreError):
        await database.write(note("a"))


async def test_an_error_shows_no_value(database: Database) -> None:
    await database.write(note("rekening 123"))

    with pytest.raises(StoreError) as failed:
        await database.write(note("rekening 123"))

    cause = failed.value.__cause__
    assert "rekening" not in f"{failed.value} {failed.value.values}"
    assert "parameters" not in str(cause) or "hidden" in str(cause)


# SQLite.


async def test_sqlite_keeps_what_is_committed_and_nothing_that_is_deleted(file: Database) -> None:
    names = ("journal_mode", "synchronous", "secure_delete", "foreign_keys")

    found = [(await file.rows(text(f"PRAGMA {name}")))[0][0] for name in names]

    assert found == ["wal", 2, 1, 1]  # 2 is FULL.


async def test_a_full_disk_is_told_as_such_and_passes(file: Database) -> None:
    await file.write(note("before"))
    pages = (await file.rows(text("PRAGMA page_count")))[0][0]
    most = [pages + 2]
    set_on_use(file, lambda: f"max_page_count = {most[0]}")

    with pytest.raises(StoreError) as full:
        await file.write(note("large", "." * 100_000))
    seen = await codes(file)
    most[0] = 1_000_000
    await file.write(note("large", "." * 100_000))

    assert full.value.code == "state_unusable"
    assert seen == ["before"]
    assert await codes(file) == ["before", "large"]


@contextmanager
def no_file_grows_beyond(size: int) -> Iterator[None]:
    """Let writes beyond this size fail, as they do on a disk that is full or broken."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def test_a_disk_that_fails_is_told_as_such_and_passes(file: Database, tmp_path: Path) -> None:
    await file.write(note("before"))
    size = (tmp_path / f"{DATABASE_FILE}-wal").stat().st_size

    with no_file_grows_beyond(size + 10_000):
        done = await asyncio.gather(
            *(file.write(note(f"{number}", "." * 100_000)) for number in range(3)),
            return_exceptions=True,
        )
    await file.write(note("after"))

    assert [str(each) for each in done] == ["state_unusable: reason=disk I/O error"] * 3
    assert await codes(file) == ["after", "before"]
    assert [row[0] for row in await file.rows(text("PRAGMA integrity_check"))] == ["ok"]


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Let another program write for so long."""
    other = sqlite3.connect(folder / DATABASE_FILE, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


async def test_a_locked_database_is_told_as_such_and_passes(file: Database, tmp_path: Path) -> None:
    await file.write(note("before"))

    with locked(tmp_path):
        with pytest.raises(StoreError) as busy:
            await file.write(note("a"))
        seen = await codes(file)
    await file.write(note("a"))

    assert str(busy.value) == "state_unusable: reason=database is locked"
    assert seen == ["before"]
    assert await codes(file) == ["a", "before"]


async def test_writes_do_not_wait_for_a_lock_one_after_the_other(
    file: Database, tmp_path: Path
) -> None:
    loop = asyncio.get_running_loop()

    with locked(tmp_path):
        begun = loop.time()
        done = await asyncio.gather(
            *(file.write(note(f"{number}")) for number in range(50)), return_exceptions=True
        )
        took = loop.time() - begun

    assert {type(each) for each in done} == {StoreError}
    assert took < 2  # Fifty waits take five seconds.


async def test_a_write_waits_for_another_program(tmp_path: Path) -> None:
    async with open_database(tmp_path) as database:
        with locked(tmp_path):
            writing = asyncio.create_task(database.write(note("a")))
            await asyncio.wait({writing}, timeout=0.3)
            had_to_wait = not writing.done()
        await writing

        assert had_to_wait
        assert await codes(database) == ["a"]


async def test_a_caller_that_gives_up_on_a_lock_leaves_the_rest_at_work(tmp_path: Path) -> None:
    async with open_database(tmp_path) as database:
        with locked(tmp_path):
            waiting = [asyncio.create_task(database.write(note(code))) for code in "ab"]
            await asyncio.wait(waiting, timeout=0.2)
            waiting[0].cancel()
        await waiting[1]
        await database.write(note("c"))

        assert {"b", "c"} <= set(await codes(database))


# PostgreSQL.


async def test_a_server_may_stop_and_start_again(server: PostgresServer, tmp_path: Path) -> None:
    async with open_database(tmp_path, url=server.url) as database:
        await database.write(note("before"))
        server.stop()
        done = await asyncio.gather(
            codes(database),
            *(database.write(note(f"{number}")) for number in range(50)),
            return_exceptions=True,
        )
        server.start()
        await until(lambda: can_write(database))
        await database.write(note("after"))

        assert {type(each) for each in done} == {StoreError}
        assert {each.code for each in done if isinstance(each, StoreError)} == {"database_away"}
        assert await codes(database) == ["after", "before"]


async def test_a_server_may_start_anew_while_nobody_writes(
    server: PostgresServer, tmp_path: Path
) -> None:
    async with open_database(tmp_path, url=server.url) as database:
        await database.write(note("before"))
        await asyncio.gather(*(codes(database) for _ in range(4)))
        server.kill()
        server.start()

        done = await asyncio.gather(*(codes(database) for _ in range(4)), return_exceptions=True)

        await database.write(note("after"))

        assert {type(each) for each in done} <= {StoreError, list}
        assert await codes(database) == ["after", "before"]


async def test_a_server_that_is_away_at_the_start_is_named(
    server: PostgresServer, tmp_path: Path
) -> None:
    server.stop()

    with pytest.raises(StoreError) as away:
        async with open_database(tmp_path, url=server.url):
            pass

    assert away.value.values["place"] == f"127.0.0.1:{server.port}"
    assert away.value.values["reason"] == "ConnectionRefusedError"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("akar@", "nobody@"), "InvalidAuthorizationSpecificationError"),
        (("/akar_", "/none_"), "InvalidCatalogNameError"),
    ],
)
async def test_says_why_a_server_refuses(
    postgres_url: str, tmp_path: Path, change: tuple[str, str], reason: str
) -> None:
    with pytest.raises(StoreError) as refused:
        async with open_database(tmp_path, url=postgres_url.replace(*change)):
            pass

    assert (refused.value.code, refused.value.values["reason"]) == ("database_away", reason)


_CUT_THE_OTHERS = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE pid <> pg_backend_pid() AND datname = current_database()"
)


async def test_a_connection_that_is_cut_is_replaced(postgres_url: str, tmp_path: Path) -> None:
    async with open_database(tmp_path, url=postgres_url) as database:
        await asyncio.gather(*(codes(database) for _ in range(4)))
        await database.rows(_CUT_THE_OTHERS)
        await until(lambda: can_write(database))
        await database.write(note("after"))
        assert await codes(database) == ["after"]
