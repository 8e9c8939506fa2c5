"""Tickets: who talks with program staff, and what was said, encrypted."""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, or_, select, update

from bot.backends.keys import Cipher
from bot.backends.store.database import Database
from bot.backends.store.tables import ticket, ticket_words
from bot.core.messages import Language, Speaker, Ticket, TicketState


class Tickets:
    """The part of the core's `Store` that is about tickets."""

    def __init__(
        self, database: Database, cipher: Cipher, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._database = database
        self._cipher = cipher
        self._clock = clock

    async def of(self, person: int) -> Ticket | None:
        """Return a person's open ticket."""
        rows = await self._database.rows(_OPEN_OF, {"person_": person})
        return _ticket(rows[0]) if rows else None

    async def find(self, number: int) -> Ticket | None:
        """Return the ticket of a number."""
        rows = await self._database.rows(_FIND, {"id_": number})
        return _ticket(rows[0]) if rows else None

    async def open(self, person: int, language: Language, update_: int) -> Ticket:
        """Return a person's open ticket; a new one where there is none."""
        row = {
            "person": person,
            "language": language,
            "state": "open",
            "update": update_,
            "moved": update_,
            "opened": self._clock(),
        }

        def work(connection: Connection) -> Ticket:
            found = connection.execute(_OPEN_OF, {"person_": person}).first()
            if found:
                return _ticket(found)
            made = connection.execute(insert(ticket).returning(ticket), row).one()
            return _ticket(made)

        return await self._database.transact(work)

    async def move(self, number: int, state: TicketState, update_: int) -> bool:
        """Open or close a ticket; say whether it was not so before, or this update made it so."""
        closed = self._clock() if state == "closed" else None
        values = {"id_": number, "state_": state, "update_": update_, "closed_": closed}

        def work(connection: Connection) -> bool:
            return connection.execute(_MOVE, values).rowcount > 0

        return await self._database.transact(work)

    async def note(self, number: int, update_: int, by: Speaker, text: str) -> None:
        """Keep what somebody said; the same update says it once."""
        sealed = self._cipher.encrypt(text.encode(errors="replace"))
        row = {"ticket": number, "update": update_, "by": by, "text": sealed, "at": self._clock()}

        def work(connection: Connection) -> None:
            known = {"ticket_": number, "update_": update_}
            if connection.execute(_SAID, known).first() is None:
                connection.execute(insert(ticket_words), row)

        await self._database.transact(work)

    async def words(self, number: int) -> Sequence[tuple[Speaker, str]]:
        """Return who said what, in the order in which it was said."""
        rows = await self._database.rows(_WORDS, {"ticket_": number})
        return [(row.by, self._opened(row.text)) for row in rows]

    async def export(self, person: int) -> list[Mapping[str, Any]]:
        """Return a person's tickets, as JSON can hold them."""
        rows = await self._database.rows(_OF, {"person_": person})
        return [
            {
                "number": row.id,
                "state": row.state,
                "opened": _iso(row.opened),
                "words": [list(said) for said in await self.words(row.id)],
            }
            for row in rows
        ]

    def _opened(self, sealed: bytes) -> str:
        return self._cipher.decrypt(sealed).decode()


def _ticket(row: Row[Any]) -> Ticket:
    return Ticket(row.id, row.person, row.language, row.state, row.update)


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")


_FIND = select(ticket).where(ticket.c.id == bindparam("id_"))
_OF = select(ticket).where(ticket.c.person == bindparam("person_")).order_by(ticket.c.id)
_OPEN_OF = _OF.where(ticket.c.state == "open")
_MOVE = (
    update(ticket)
    .where(
        ticket.c.id == bindparam("id_"),
        or_(ticket.c.state != bindparam("state_"), ticket.c.moved == bindparam("update_")),
    )
    .values(state=bindparam("state_"), moved=bindparam("update_"), closed=bindparam("closed_"))
)
_SAID = select(ticket_words.c.by).where(
    ticket_words.c.ticket == bindparam("ticket_"), ticket_words.c.update == bindparam("update_")
)
_WORDS = (
    select(ticket_words)
    .where(ticket_words.c.ticket == bindparam("ticket_"))
    .order_by(ticket_words.c.at, ticket_words.c.update)
)
