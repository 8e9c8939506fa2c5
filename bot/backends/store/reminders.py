"""When people want to be reminded."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from bot.backends.keys import Cipher
from bot.backends.store.database import Database
from bot.backends.store.outbox import OWN_WAITING, LetterTo, post
from bot.backends.store.tables import reminder
from bot.core.messages import Call, Reminder

_AT_ONCE = 100  # Reminders looked up at a time.


class Reminders:
    """The part of the core's `Store` that is about reminders, and what is due of them."""

    def __init__(self, database: Database, cipher: Cipher) -> None:
        self._database = database
        self._cipher = cipher
        put = database.upsert(reminder)
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

    async def waiting(self) -> int:
        """Return how many letters wait that the bot wrote by itself, reminders among them."""
        return int((await self._database.rows(OWN_WAITING))[0][0])

    async def tell(
        self, given: Reminder, calls: Sequence[Call], *, letter_to: LetterTo, at: float
    ) -> bool:
        """Put a reminder into the outbox, and note in the same step that it is there.

        Without calls it is only noted. Returns False where nothing is to be sent, or somebody else
        did, or another one is wished for meanwhile.
        """
        person = given.person

        def work(connection: Connection) -> bool:
            done = connection.execute(_DONE, {"person_": person, "at_": given.at})
            if not done.rowcount or not calls:
                return False
            cipher = self._cipher
            post(connection, calls, person=person, cipher=cipher, letter_to=letter_to, at=at)
            return True

        return await self._database.transact(work)

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
