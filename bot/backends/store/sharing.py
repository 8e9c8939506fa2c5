"""Which process works on which chat, and which one leads."""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Awaitable, Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from filelock import FileLock, Timeout
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
    bindparam,
    delete,
    exists,
    func,
    select,
    text,
)
from sqlalchemy.exc import SQLAlchemyError

from bot.backends.store.database import LOCK_SPACE, Database
from bot.backends.store.tables import claim, inbox
from bot.core.ports import StoreError

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

log = logging.getLogger(__name__)

_LOOK_EVERY = 1.0  # Seconds between looks at who is alive and who leads.
_PATIENCE = 5.0  # Seconds for the database to answer such a look.
_LEADER = 1
_CHATS = LOCK_SPACE + 1  # Another space: a chat's hash must not be the leader's number.
_CHANNEL = "akar"


class Claims(Protocol):
    """Which chats this process works on."""

    def take(
        self, connection: Connection, chats: Collection[int], *, beside: Collection[int] = ()
    ) -> Collection[int]:
        """Take chats, as far as no other process has them; return those that are ours.

        A chat in which older updates wait, beside those named, is left to `take_waiting`: they go
        first.
        """
        ...

    def take_waiting(self, connection: Connection) -> Collection[int] | None:
        """Take chats with updates that nobody works on; return all of ours, None if all are."""
        ...

    def holds(self, connection: Connection, chat: int) -> bool:
        """Say whether a chat is still ours."""
        ...

    async def release(self, chat: int) -> None:
        """Let others have a chat."""
        ...


class Member(Claims, Protocol):
    """This process among those that run one bot."""

    leads: asyncio.Event
    """Set while this process polls and publishes."""

    async def join(self) -> None:
        """Begin to take part.

        Raises:
            StoreError: there is no place for this process, or the database is away.
        """
        ...

    async def follow(
        self, *, on_lost: Callable[[], Awaitable[None]], on_news: Callable[[], None]
    ) -> None:
        """Take part for ever; `on_lost` hears when all that was ours is another's."""
        ...

    async def leave(self) -> None:
        """Take part no longer."""
        ...


class Alone:
    """The one process that works with a database file."""

    def __init__(self, folder: Path) -> None:
        self.leads = asyncio.Event()
        self._folder = folder
        self._lock = FileLock(folder / "run.lock")

    async def join(self) -> None:
        """Begin to take part.

        Raises:
            StoreError: another bot runs with this data.
        """
        try:
            self._lock.acquire(blocking=False)
        except Timeout as error:
            raise StoreError("already_running", path=self._folder) from error
        self.leads.set()

    async def follow(
        self,
        *,
        on_lost: Callable[[], Awaitable[None]],  # noqa: ARG002 - nobody else is there
        on_news: Callable[[], None],  # noqa: ARG002
    ) -> None:
        """There is nobody to follow."""
        await asyncio.Event().wait()

    async def leave(self) -> None:
        """Let another process begin."""
        self._lock.release()

    def take(
        self,
        _connection: Connection,
        chats: Collection[int],
        *,
        beside: Collection[int] = (),  # noqa: ARG002 - what waits is in hand here
    ) -> Collection[int]:
        """Every chat is ours."""
        return chats

    def take_waiting(self, _connection: Connection) -> Collection[int] | None:
        """Every chat is ours."""
        return None

    def holds(self, _connection: Connection, _chat: int) -> bool:
        """Every chat is ours."""
        return True

    async def release(self, chat: int) -> None:
        """Nobody else is there to take it."""


class Shared:
    """One of several processes on one PostgreSQL.

    A process holds a lock of the server under its own number for as long as it is connected, so
    that the others see at once when it has died, and let go of its chats. Another lock makes one
    of them the leader.
    """

    def __init__(self, database: Database, *, capacity: int = 64) -> None:
        self.leads = asyncio.Event()
        self._database = database
        self._capacity = capacity
        self._number = 0
        self._held: set[int] = set()
        self._connection: AsyncConnection | None = None
        self._on_news: Callable[[], None] = lambda: None
        self._take = _taking(_given, database)
        self._take_waiting = _taking(_free.c.chat, database)

    async def join(self) -> None:
        """Begin to take part.

        Raises:
            StoreError: the database is away.
        """
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._join()
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            await self.leave()
            raise self._database.unusable(error) from error

    async def follow(
        self, *, on_lost: Callable[[], Awaitable[None]], on_news: Callable[[], None]
    ) -> None:
        """Take part for ever; `on_lost` hears when all that was ours is another's."""
        self._on_news = on_news
        while True:
            await asyncio.sleep(_LOOK_EVERY)
            try:
                # Not `wait_for`, which forgets to be cancelled if this ends at that moment.
                async with asyncio.timeout(_PATIENCE):
                    await self._look()
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                log.warning("this process has lost its place: %s", type(error).__name__)
                await self.leave()
                await on_lost()
                await self._rejoin()

    async def leave(self) -> None:
        """Take part no longer: the others take over."""
        self.leads.clear()
        self._held.clear()
        connection, self._connection = self._connection, None
        if connection:
            with contextlib.suppress(SQLAlchemyError, OSError):
                await connection.invalidate()
                await connection.close()

    def take(
        self, connection: Connection, chats: Collection[int], *, beside: Collection[int] = ()
    ) -> Collection[int]:
        """Take chats, as far as no other process has them and there is room here."""
        # What was taken may have been rolled back since: the table knows, not the memory.
        values = {"chats": list(chats), "worker": self._number}
        ours = set((connection.execute(_MINE_OF, values)).scalars())
        self._held = self._held.difference(chats) | ours
        room = max(self._capacity - len(self._held), 0)
        new = [chat for chat in chats if chat not in ours]
        if new and room:
            values = {"chats": new, "beside": list(beside)}
            behind = set((connection.execute(_BEHIND, values)).scalars())
            new = [chat for chat in new if chat not in behind]
        if new := new[:room]:
            values = {"chats": new, "worker": self._number, "space": _CHATS}
            ours.update((connection.execute(self._take, values)).scalars())
            self._held |= ours
        if len(ours) < len(chats):
            connection.execute(_TELL, {"channel": _CHANNEL})
        return ours

    def take_waiting(self, connection: Connection) -> Collection[int] | None:
        """Take chats with updates that nobody works on; return all of ours."""
        values: dict[str, object] = {"worker": self._number}
        self._held = set((connection.execute(_MINE, values)).scalars())
        room = self._capacity - len(self._held)
        if room > 0:
            values |= {"most": room, "space": _CHATS}
            self._held.update((connection.execute(self._take_waiting, values)).scalars())
        return frozenset(self._held)

    def holds(self, connection: Connection, chat: int) -> bool:
        """Say whether a chat is still ours; if so, it stays so until the transaction ends."""
        values = {"chat": chat, "worker": self._number}
        return (connection.execute(_HOLDS, values)).first() is not None

    async def release(self, chat: int) -> None:
        """Let others have a chat, once nothing of it waits: what does has been handed out here."""
        self._held.discard(chat)
        await self._database.write((_RELEASE, {"chat_": chat, "worker_": self._number}))

    async def _join(self) -> None:
        self._number = secrets.randbits(62)
        connection = await self._database.server.connect()
        self._connection = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(_LOCK, {"number": self._number})
        raw: Any = (await connection.get_raw_connection()).driver_connection
        await raw.add_listener(_CHANNEL, lambda *_: self._on_news())
        await self._look()

    async def _rejoin(self) -> None:
        while True:
            try:
                await self.join()
            except StoreError:
                await asyncio.sleep(_LOOK_EVERY)
            else:
                return

    async def _look(self) -> None:
        """Try to lead, and let go of the chats of those who have died."""
        connection = self._connection
        if connection is None:
            raise OSError
        if not self.leads.is_set():
            values = {"space": LOCK_SPACE, "number": _LEADER}
            if (await connection.execute(_TRY_TO_LEAD, values)).scalar():
                self.leads.set()
        others = (await connection.execute(_OTHERS, {"number": self._number})).scalars().all()
        for number in others:
            if (await connection.execute(_TRY, {"number": number})).scalar():
                log.warning("a process has ended; its chats go to the others")
                await connection.execute(_RELEASE_ALL, {"worker_": number})
                await connection.execute(_UNLOCK, {"number": number})


_LOCK = text("SELECT pg_advisory_lock(:number)")
_TRY = text("SELECT pg_try_advisory_lock(:number)")
_UNLOCK = text("SELECT pg_advisory_unlock(:number)")
_TRY_TO_LEAD = text("SELECT pg_try_advisory_lock(:space, :number)")
_TELL = text("SELECT pg_notify(:channel, '')")
_MINE = select(claim.c.chat).where(claim.c.worker == bindparam("worker"))
_MINE_OF = _MINE.where(claim.c.chat.in_(bindparam("chats", expanding=True)))
_BEHIND = (
    select(inbox.c.chat)
    .distinct()
    .where(
        inbox.c.state == "waiting",
        inbox.c.chat.in_(bindparam("chats", expanding=True)),
        inbox.c.id.not_in(bindparam("beside", expanding=True)),
    )
)
_OTHERS = select(claim.c.worker).distinct().where(claim.c.worker != bindparam("number"))
_RELEASE = delete(claim).where(
    claim.c.chat == bindparam("chat_"),
    claim.c.worker == bindparam("worker_"),
    ~exists().where(inbox.c.chat == claim.c.chat, inbox.c.state == "waiting"),
)
_RELEASE_ALL = delete(claim).where(
    claim.c.chat.in_(  # What is recorded at this moment goes at the next look.
        select(claim.c.chat)
        .where(claim.c.worker == bindparam("worker_"))
        .with_for_update(skip_locked=True)
    )
)
_HOLDS = (
    select(claim.c.chat)
    .where(claim.c.chat == bindparam("chat"), claim.c.worker == bindparam("worker"))
    .with_for_update(read=True)
)
_given = func.unnest(bindparam("chats", type_=ARRAY(BigInteger))).column_valued("chat")
_free = (
    select(inbox.c.chat)
    .where(inbox.c.state == "waiting", inbox.c.chat.not_in(select(claim.c.chat)))
    .group_by(inbox.c.chat)
    .order_by(func.min(inbox.c.id))
    .limit(bindparam("most"))
    .subquery()
)


def _taking(chat: ColumnElement[int], database: Database) -> Any:
    """Take chats but those that another process takes at this moment: waiting could deadlock."""
    worker = bindparam("worker", type_=claim.c.worker.type)
    is_free = func.pg_try_advisory_xact_lock(bindparam("space", type_=Integer), func.hashint8(chat))
    taken = database.upsert(claim).from_select(
        ["chat", "worker"], select(chat, worker).where(is_free)
    )
    return taken.on_conflict_do_nothing().returning(claim.c.chat)
