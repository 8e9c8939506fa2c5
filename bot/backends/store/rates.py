"""Places in a row for what is sent, kept in the database for all processes together."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func

from bot.backends.store.database import Database
from bot.backends.store.tables import rate
from bot.core.pacing import Limit

_now = func.extract("epoch", func.clock_timestamp())
_step = bindparam("step", type_=rate.c.until.type)
_PURGE = delete(rate).where(rate.c.until < _now - 3600)


class DatabaseRates:
    """The core's `Rates` on PostgreSQL, by the server's clock."""

    def __init__(self, database: Database) -> None:
        self._database = database
        forward = database.upsert(rate).values(scope=bindparam("scope"), until=_now + _step)
        next_ = forward.on_conflict_do_update(
            index_elements=["scope"], set_={"until": func.greatest(rate.c.until, _now) + _step}
        )
        self._next = next_.returning((rate.c.until - _now).label("ahead"))
        self._pause = forward.on_conflict_do_update(
            index_elements=["scope"],
            set_={"until": func.greatest(rate.c.until, forward.excluded.until)},
        )

    async def reserve(self, limits: Sequence[Limit]) -> float:
        """Take the next place in each scope; return the seconds until the latest of them."""

        def work(connection: Connection) -> float:
            return max((self._ahead(connection, limit) for limit in limits), default=0.0)

        return await self._database.transact(work, rank=1) if limits else 0.0

    async def pause(self, limit: Limit, seconds: float) -> None:
        """Give no place in a scope for so long."""
        values = {"scope": limit.scope, "step": seconds + limit.slack}
        await self._database.write((self._pause, values))

    async def purge(self) -> None:
        """Delete the scopes in which nothing was sent for an hour."""
        await self._database.write((_PURGE, {}))

    def _ahead(self, connection: Connection, limit: Limit) -> float:
        values: dict[str, Any] = {"scope": limit.scope, "step": limit.every}
        ahead = (connection.execute(self._next, values)).scalar_one()
        return max(float(ahead) - limit.every - limit.slack, 0.0)
