"""What fails for now, as `akar status` reads it beside a running bot."""

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass

from sqlalchemy import Connection, delete, select

from bot.backends.store.database import Database
from bot.backends.store.tables import trouble


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that fails, and since when, in seconds since the epoch."""

    code: str
    at: float


class Troubles:
    """Reads and writes what fails for now."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock
        self._new = database.upsert(trouble).on_conflict_do_nothing()

    async def note(self, codes: Collection[str]) -> None:
        """Note that these things fail now, and no others."""
        now = self._clock()

        def work(connection: Connection) -> None:
            connection.execute(delete(trouble).where(trouble.c.code.not_in(list(codes))))
            for code in sorted(codes):
                connection.execute(self._new, {"code": code, "at": now, "detail": ""})

        await self._database.transact(work)

    async def all(self) -> list[Trouble]:
        """Return what fails now, what began first at the head."""
        rows = await self._database.rows(select(trouble).order_by(trouble.c.at))
        return [Trouble(row.code, row.at) for row in rows]
