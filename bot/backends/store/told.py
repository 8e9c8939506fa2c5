"""What program staff were told of last: neither another process nor a start tells it again."""

import time
from collections.abc import Callable, Mapping

from sqlalchemy import Connection, bindparam, delete, or_, select

from bot.backends.store.database import Database
from bot.backends.store.tables import told


class Told:
    """Notes what is told before it is: a note that is taken is told by whoever took it."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock
        new = database.upsert(told)
        self._take = new.on_conflict_do_update(
            index_elements=["name"],
            set_={"value": new.excluded.value, "at": new.excluded.at},
            where=or_(told.c.value != new.excluded.value, told.c.at <= bindparam("before")),
        ).returning(told.c.name)

    async def take(self, name: str, value: str = "", *, every: float | None = None) -> bool:
        """Note a value; say whether it is another one, or was noted `every` so many seconds ago.

        Raises:
            StoreError: the database is away.
        """
        now = self._clock()
        before = now - every if every is not None else -1.0
        values = {"name": name, "value": value, "at": now, "before": before}

        def work(connection: Connection) -> bool:
            return connection.execute(self._take, values).first() is not None

        return await self._database.transact(work)

    async def clear(self, name: str) -> bool:
        """Forget a note; say whether there was one."""

        def work(connection: Connection) -> bool:
            return connection.execute(_CLEAR, {"name_": name}).rowcount > 0

        return await self._database.transact(work)

    async def notes(self, prefix: str) -> Mapping[str, str]:
        """Return the notes whose names begin so."""
        rows = await self._database.rows(_NOTES, {"prefix": f"{prefix}%"})
        return {row.name: row.value for row in rows}


_CLEAR = delete(told).where(told.c.name == bindparam("name_"))
_NOTES = select(told).where(told.c.name.like(bindparam("prefix")))
