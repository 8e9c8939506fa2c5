"""When people want to be reminded."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.backends.store.database import Database
from bot.backends.store.tables import reminder
from bot.core.messages import Reminder

_AT_ONCE = 100  # Reminders looked up at a time.


class Reminders:
    """The part of the core's `Store` that is about reminders, and what is due of them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        insert: Any = postgresql.insert if database.is_shared else sqlite.insert
        put = insert(reminder)
        changed = {name: put.excluded[name] for name in ("zone", "journey", "at")}
        self._put = put.on_conflict_do_update(index_elements=["person"], set_=changed)

    async def zone(self, person: int) -> int | None:
        """Return the time zone that a person told, if they did."""
        rows = await self._database.rows(_OF, {"person_": person})
        return int(rows[0].zone) if rows else None

    async def put(self, wished: Reminder) -> None:
        """Remember when to remind somebody, in place of what was wished before."""
        values = {"person": wished.person, "zone": wished.zone}
        await self._database.write(
            (self._put, {**values, "journey": wished.journey, "at": wished.at})
        )

    async def due(self, now: float) -> Sequence[Reminder]:
        """Return the reminders whose time has come, the longest due first."""
        rows = await self._database.rows(_DUE, {"now_": now})
        return [Reminder(row.person, row.zone, row.journey, row.at) for row in rows]

    async def done(self, given: Reminder) -> None:
        """Note that somebody was reminded, unless they have wished for another one meanwhile."""
        await self._database.write((_DONE, {"person_": given.person, "at_": given.at}))

    async def export(self, person: int) -> Mapping[str, Any] | None:
        """Return what is kept of a person, as JSON can hold it."""
        rows = await self._database.rows(_OF, {"person_": person})
        if not rows:
            return None
        wished = rows[0]
        at = datetime.fromtimestamp(wished.at, UTC).isoformat(timespec="seconds")
        return {
            "zone": wished.zone,
            "journey": wished.journey,
            "at": at if wished.at else None,
        }


_OF = select(reminder).where(reminder.c.person == bindparam("person_"))
_DUE = (
    select(reminder)
    .where(reminder.c.at > 0, reminder.c.at <= bindparam("now_"))
    .order_by(reminder.c.at)
    .limit(_AT_ONCE)
)
_DONE = (
    update(reminder)
    .where(reminder.c.person == bindparam("person_"), reminder.c.at == bindparam("at_"))
    .values(at=0)
)
