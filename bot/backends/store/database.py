"""The database behind the state: SQLite or PostgreSQL, and one error for all that fails."""

import asyncio
import contextlib
import sqlite3
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from filelock import AsyncFileLock
from sqlalchemy import Connection, Engine, Executable, Row, Table, create_engine, event, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionError

from bot.core.ports import StoreError

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

DATABASE_FILE = "akar.sqlite3"
HEAD = "0011"
"""The revision of the tables that this program works with."""

_BUSY = 30.0  # Seconds to wait for another process's write.
_TOGETHER = 256  # Writes that share a transaction, at most.
_CONNECT = 10.0
_ANSWER = 30.0  # Seconds for the server to do one statement.
_LOOK_EVERY = 0.2  # Seconds between tries to have a lock of the server's.
LOCK_SPACE = 0x616B6172
"""PostgreSQL's locks are numbers; ours begin with "akar"."""
_SYNCED, _READS = "is_synced", "reads"
_READERS = 2  # Queries of SQLite's at once: a long one holds up nobody.
_PRAGMAS = (
    "synchronous = FULL",  # What is committed survives a power cut, where `_begin` says nothing
    "secure_delete = ON",  # else; and what is deleted is overwritten.
    "foreign_keys = ON",
    # The file itself changes every 64 MB only, so that it can be copied with its log meanwhile.
    "wal_autocheckpoint = 16384",
)

_Result = TypeVar("_Result")
Values = Mapping[str, object]
Work = Callable[[Connection], Any]
"""Steps of a transaction: not a coroutine, so that SQLite can do all of them in one go."""
Write = tuple[Executable, Values]
"""A statement with its values."""


@dataclass(slots=True)
class _Job:
    """What waits for its transaction: statements with their values, or steps of any kind."""

    done: asyncio.Future[Any]
    writes: Sequence[Write] = ()
    work: Work | None = None
    rank: int = 0
    is_synced: bool = True


class Database:
    """Reads, and writes that share transactions: those that wait at one moment commit as one.

    PostgreSQL is asked through SQLAlchemy's asyncio. A transaction of SQLite's is one call to a
    thread of its own, and so is a query: asked for through the event loop, each statement would
    wait four times, and a query ten times, for the loop and the thread to take turns.
    """

    def __init__(
        self, engine: Engine, *, folder: Path, place: str, server: "AsyncEngine | None" = None
    ) -> None:
        self.engine = engine
        self.is_shared = server is not None
        """Several processes, on several machines, may work with it."""
        self._server = server
        self._folder = folder
        self.place = place
        self._thread = ThreadPoolExecutor(1, "writes")
        self._readers = ThreadPoolExecutor(_READERS, "reads")
        self._jobs: asyncio.Queue[_Job] = asyncio.Queue()
        self._writing: asyncio.Task[None] | None = None
        self._reading: set[asyncio.Task[Sequence[Row[Any]]]] = set()

    @property
    def server(self) -> "AsyncEngine":
        """What connects to PostgreSQL."""
        assert self._server  # noqa: S101 - nobody asks for it where the database is a file
        return self._server

    def upsert(self, into: Table) -> Any:
        """Return an INSERT that can say what to do on a conflict, in the database's own words."""
        if self.is_shared:
            from sqlalchemy.dialects import postgresql  # It brings every driver along.

            return postgresql.insert(into)
        return sqlite.insert(into)

    async def rows(self, query: Executable, values: Values | None = None) -> Sequence[Row[Any]]:
        """Return what a query finds; whoever asked may be cancelled, the query is not.

        Raises:
            StoreError: the database is away, locked or damaged.
        """
        reading = self._read(query, values)
        if not self.is_shared:
            return await reading
        # SQLAlchemy ends the connection of a query that is cancelled, in a task which never ends
        # when the engine is disposed of meanwhile.
        task = asyncio.create_task(reading)
        self._reading.add(task)
        task.add_done_callback(self._reading.discard)
        return await asyncio.shield(task)

    async def _read(self, query: Executable, values: Values | None) -> Sequence[Row[Any]]:
        try:
            return await self.look(lambda connection: connection.execute(query, values).all())
        except (SQLAlchemyError, OSError) as error:
            raise self.unusable(error) from error

    async def look(self, work: Callable[[Connection], _Result]) -> _Result:
        """Do something outside of a transaction, and leave errors as they are."""
        if self._server:
            async with self._server.connect() as connection:
                return await connection.run_sync(work)

        def read() -> _Result:
            with self.engine.connect().execution_options(**{_READS: True}) as connection:
                return work(connection)

        return await asyncio.get_running_loop().run_in_executor(self._readers, read)

    async def write(self, *writes: Write, is_synced: bool = True) -> None:
        """Run statements, all or none, and return once what they did is on disk.

        What need not be synced survives the end of the process, in SQLite not that of the machine.

        Raises:
            StoreError: the database is away, locked, full or damaged.
        """
        await self._submit(writes=writes, is_synced=is_synced)

    async def transact(self, work: Callable[[Connection], _Result], *, rank: int = 0) -> _Result:
        """Do several steps or none of them, and return what they return once it is on disk.

        In a transaction the lower ranks come first: what every process locks is locked last, or
        two of them could wait for each other.

        Raises:
            StoreError: the database is away, locked, full or damaged.
        """
        result: _Result = await self._submit(work=work, rank=rank)
        return result

    async def alone(
        self, work: Callable[[Connection], _Result], *, is_synced: bool = True
    ) -> _Result:
        """Do steps in a transaction that no others share, and leave errors as they are."""
        if self._server:
            async with self._server.begin() as connection:
                return await connection.run_sync(work)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._begin, work, is_synced)

    @asynccontextmanager
    async def exclusive(self, name: str) -> AsyncIterator[None]:
        """Let one process at a time do what this name stands for; the others wait.

        Raises:
            StoreError: the lock cannot be had.
        """
        if self.is_shared:
            async with self._locked(name):
                yield
            return
        path = self._folder / f"{name}.lock"
        lock = AsyncFileLock(path)
        try:
            await lock.acquire()
        except OSError as error:
            raise StoreError("data_unwritable", path=path, reason=error) from error
        try:
            yield
        finally:
            await lock.release()

    async def close(self) -> None:
        """Finish what was begun, and let go of the connections."""
        await asyncio.gather(*self._reading, return_exceptions=True)
        if self._writing:
            await self._jobs.join()
            self._writing.cancel()
            await asyncio.gather(self._writing, return_exceptions=True)
        self._readers.shutdown()
        if not self.is_shared:  # A connection of SQLite's is its thread's.
            await asyncio.get_running_loop().run_in_executor(self._thread, self.engine.dispose)
        self._thread.shutdown()
        if self._server:
            await self._server.dispose()

    @asynccontextmanager
    async def _locked(self, name: str) -> AsyncIterator[None]:
        try:
            connection = await self.server.connect()
        except (SQLAlchemyError, OSError) as error:
            raise self.unusable(error) from error
        try:
            await self._lock(connection, name)
            yield
        finally:  # The lock is the connection's, and goes with it.
            await connection.invalidate()
            await connection.close()

    async def _lock(self, connection: "AsyncConnection", name: str) -> None:
        lock = text("SELECT pg_try_advisory_lock(:space, hashtext(:name))")
        values = {"space": LOCK_SPACE, "name": name}
        try:
            while not (await connection.execute(lock, values)).scalar():
                await connection.commit()
                await asyncio.sleep(_LOOK_EVERY)
            await connection.commit()
        except (SQLAlchemyError, OSError) as error:
            raise self.unusable(error) from error

    async def _submit(self, **parts: Any) -> Any:
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())
        job = _Job(asyncio.get_running_loop().create_future(), **parts)
        self._jobs.put_nowait(job)
        return await job.done

    async def _write(self) -> None:
        while True:
            jobs = [await self._jobs.get()]
            while len(jobs) < _TOGETHER and not self._jobs.empty():
                jobs.append(self._jobs.get_nowait())
            try:
                await self._commit(jobs)
            finally:
                for _ in jobs:
                    self._jobs.task_done()

    async def _commit(self, jobs: Sequence[_Job]) -> None:
        """Commit jobs as one; where one fails, each by itself, so that it fails alone."""
        try:
            results = await self.alone(
                partial(_do, jobs), is_synced=any(job.is_synced for job in jobs)
            )
        except Exception as error:  # noqa: BLE001 - whatever fails is for those who asked
            if len(jobs) > 1 and not _is_away(error):
                for job in jobs:
                    await self._commit([job])
                return
            for job in jobs:
                self._fail(job, error)
        else:
            for job, result in zip(jobs, results, strict=True):
                if not job.done.done():
                    job.done.set_result(result)

    def _fail(self, job: _Job, error: Exception) -> None:
        if isinstance(error, SQLAlchemyError | OSError):
            unusable = self.unusable(error)
            unusable.__cause__ = error
            error = unusable
        if not job.done.done():
            job.done.set_exception(error)

    def _begin(self, work: Work, is_synced: bool) -> Any:
        with self.engine.connect() as connection:
            connection.execution_options(**{_SYNCED: is_synced})
            with connection.begin():
                return work(connection)

    def unusable(self, error: Exception) -> StoreError:
        """Say in our own error what the driver said in its own."""
        if self.is_shared:
            return StoreError("database_away", place=self.place, reason=_kind(error))
        return StoreError("state_unusable", reason=_cause(error))


def _do(jobs: Sequence[_Job], connection: Connection) -> list[Any]:
    """Do what waits, and return what each returns; statements that are alike go as one."""
    left = [deque(job.writes) for job in jobs if job.writes]
    while left:
        statement = left[0][0][0]
        all_ = [values for writes in left for values in _first(writes, statement)]
        connection.execute(statement, all_ if len(all_) > 1 else all_[0])
        left = [writes for writes in left if writes]
    ranked = sorted(enumerate(jobs), key=lambda each: each[1].rank)
    results = {place: job.work(connection) if job.work else None for place, job in ranked}
    return [results[place] for place in range(len(jobs))]


def _first(writes: deque[Write], statement: Executable) -> Iterator[Values]:
    """Take away the values of a statement as far as a job begins with it: its order is kept."""
    while writes and writes[0][0] is statement:
        yield writes.popleft()[1]


def _cause(error: Exception) -> BaseException:
    """Return the driver's error, which says no statement and no value."""
    return getattr(error, "orig", None) or error


def _kind(error: Exception) -> str:
    """Name what failed at the server, whose own words may hold a value."""
    origin = error.orig if isinstance(error, DBAPIError) else None
    return type(getattr(origin, "__cause__", None) or origin or error).__name__


def _is_away(error: Exception) -> bool:
    """Say whether nothing can be written now, so that each write by itself would wait in vain."""
    if isinstance(error, DBAPIError):
        code: int = getattr(error.orig, "sqlite_errorcode", 0)
        return error.connection_invalidated or code & 0xFF == sqlite3.SQLITE_BUSY
    return isinstance(error, OSError | NoConnectionError)


@asynccontextmanager
async def open_database(folder: Path, *, url: str | None = None) -> AsyncIterator[Database]:
    """Open the database in the data folder, or the server's, brought up to date as needed.

    Several processes may have it open at once.

    Raises:
        StoreError: it cannot be reached or written, or is of a newer program.
    """
    try:
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError("data_unwritable", path=folder, reason=error) from error
    database = _connect_server(url, folder) if url else _open_file(folder)
    try:
        await _prepare(database, folder)
        yield database
    finally:
        await database.close()


def _connect_server(url: str, folder: Path) -> Database:
    from sqlalchemy.ext.asyncio import create_async_engine  # It brings the whole ORM along.

    parts = make_url(url).set(drivername="postgresql+asyncpg")
    if mode := parts.query.get("sslmode"):  # libpq's name for it.
        parts = parts.difference_update_query(["sslmode"]).update_query_dict({"ssl": mode})
    timeouts = {"timeout": _CONNECT, "command_timeout": _ANSWER}
    server = create_async_engine(
        parts, pool_size=4, max_overflow=8, hide_parameters=True, connect_args=timeouts
    )
    place = f"{parts.host}:{parts.port or 5432}"
    return Database(server.sync_engine, folder=folder, place=place, server=server)


def _open_file(folder: Path) -> Database:
    path = folder / DATABASE_FILE
    engine = create_engine(
        f"sqlite:///{path}", hide_parameters=True, connect_args={"timeout": _BUSY}
    )
    event.listen(engine, "connect", _set_up)
    event.listen(engine, "begin", _begin)
    return Database(engine, folder=folder, place=str(path))


def _set_up(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # Transactions begin where `_begin` says.
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    if connection.get_execution_options().get(_READS):
        return  # A query alone sees one state without a transaction.
    is_synced = connection.get_execution_options().get(_SYNCED, True)
    if connection.info.get(_SYNCED, True) != is_synced:
        connection.exec_driver_sql(f"PRAGMA synchronous = {'FULL' if is_synced else 'NORMAL'}")
        connection.info[_SYNCED] = is_synced
    connection.exec_driver_sql("BEGIN IMMEDIATE")  # A second writer waits here.


async def _prepare(database: Database, folder: Path) -> None:
    try:
        if not database.is_shared:
            await _turn_wal_on(database)
        if await _revision(database) == HEAD:
            return
        async with database.exclusive("migration"):
            await _upgrade(database)
    except (SQLAlchemyError, OSError) as error:
        if database.is_shared:
            raise database.unusable(error) from error
        path = folder / DATABASE_FILE
        raise StoreError("data_unwritable", path=path, reason=_cause(error)) from error


async def _turn_wal_on(database: Database) -> None:
    async with database.exclusive("akar"):
        await database.look(lambda file: file.exec_driver_sql("PRAGMA journal_mode = WAL").all())


async def _revision(database: Database) -> str:
    """Return which revision the tables are of; nothing where there are none."""
    query = text("SELECT version_num FROM alembic_version")
    with contextlib.suppress(SQLAlchemyError):
        found = await database.look(lambda tables: tables.execute(query).scalar_one_or_none())
        return str(found or "")
    return ""


async def _upgrade(database: Database) -> None:
    present = await _revision(database)
    if present == HEAD:
        return
    from bot.backends.store.migrations import run  # Alembic takes its time to import.

    if present and present not in await asyncio.to_thread(run.revisions):
        raise StoreError("database_newer", path=database.place)
    await database.alone(run.upgrade)
