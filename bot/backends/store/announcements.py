"""Announcements of program staff, and who is still to get one."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, select, update

from bot.backends.keys import Cipher
from bot.backends.store.database import Database
from bot.backends.store.outbox import OWN_WAITING, LetterTo, post
from bot.backends.store.tables import announcement, delivery, subscriber
from bot.core.messages import Call, Language

CallsTo = Callable[[int, Language], Sequence[Call]]
"""Makes what is sent to somebody who reads a language."""


@dataclass(frozen=True, slots=True)
class Going:
    """An announcement that is being sent."""

    number: int
    author: int
    text: str


class Announcements:
    """Keeps announcements, and puts them into the outbox a few at a time.

    Whoever gets one is noted in the same step, so that a crash leaves nobody out and tells nobody
    twice, but for what is being sent at that moment.
    """

    def __init__(
        self, database: Database, cipher: Cipher, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._database = database
        self._cipher = cipher
        self._clock = clock

    async def compose(self, text: str, *, author: int) -> tuple[int, int]:
        """Keep an announcement; return its number, and how many people would get it."""
        sealed = self._cipher.encrypt(text.encode(errors="replace"))
        row = {"author": author, "text": sealed, "state": "draft", "at": self._clock()}

        def work(connection: Connection) -> tuple[int, int]:
            made = connection.execute(insert(announcement).returning(announcement.c.id), row)
            people = connection.execute(select(func.count()).select_from(subscriber)).scalar_one()
            return int(made.scalar_one()), int(people)

        return await self._database.transact(work)

    async def send(self, number: int) -> int | None:
        """Let an announcement go to everybody who wants such now; None where it is no draft."""
        values = {"id_": number}

        def work(connection: Connection) -> int | None:
            if not connection.execute(_GO, values).rowcount:
                return None
            everybody = select(
                bindparam("id_", type_=delivery.c.announcement.type), subscriber.c.person
            )
            into = insert(delivery).from_select(["announcement", "person"], everybody)
            return int(connection.execute(into, values).rowcount)

        return await self._database.transact(work)

    async def stop(self, number: int) -> bool:
        """Let nobody more get an announcement; say whether anybody still would have."""

        def work(connection: Connection) -> bool:
            return connection.execute(_STOP, {"id_": number}).rowcount > 0

        return await self._database.transact(work)

    async def going(self) -> Going | None:
        """Return the announcement that is being sent."""
        rows = await self._database.rows(_GOING)
        if not rows:
            return None
        return Going(rows[0].id, rows[0].author, self._cipher.decrypt(rows[0].text).decode())

    async def post_some(
        self,
        going: Going,
        calls_to: CallsTo,
        finished: Callable[[int], Sequence[Call]],
        *,
        letter_to: LetterTo,
        most: int,
    ) -> int:
        """Put the next letters into the outbox while fewer than `most` of the bot's own wait there.

        After the last one its author hears how many got it. Returns how many letters were put.
        """
        at = self._clock()

        def put(connection: Connection, to: int, calls: Sequence[Call]) -> None:
            post(connection, calls, person=to, cipher=self._cipher, letter_to=letter_to, at=at)

        def work(connection: Connection) -> int:
            room = most - int(connection.execute(OWN_WAITING).scalar_one())
            if room <= 0 or connection.execute(_STATE, {"id_": going.number}).scalar() != "going":
                return 0
            rows = connection.execute(_NEXT, {"id_": going.number, "most_": room}).all()
            for row in rows:
                given = {"id_": going.number, "person_": row.person, "at_": at}
                if connection.execute(_GIVEN, given).rowcount:
                    put(
                        connection,
                        row.person,
                        calls_to(row.person, row.language),
                    )
            if len(rows) == room:
                return len(rows)
            connection.execute(_DONE, {"id_": going.number})
            got = int(connection.execute(_COUNT, {"id_": going.number}).scalar_one())
            put(connection, going.author, finished(got))
            return len(rows) + 1

        return await self._database.transact(work)


_IS_IT = announcement.c.id == bindparam("id_")
_IS_OF = delivery.c.announcement == bindparam("id_")
_GO = update(announcement).where(_IS_IT, announcement.c.state == "draft").values(state="going")
_STOP = (
    update(announcement)
    .where(_IS_IT, announcement.c.state.in_(["draft", "going"]))
    .values(state="stopped")
)
_DONE = update(announcement).where(_IS_IT).values(state="done")
_STATE = select(announcement.c.state).where(_IS_IT)
_GOING = (
    select(announcement).where(announcement.c.state == "going").order_by(announcement.c.id).limit(1)
)
_NEXT = (
    select(delivery.c.person, subscriber.c.language)
    .join(subscriber, subscriber.c.person == delivery.c.person)  # They may have stopped it since.
    .where(_IS_OF, delivery.c.at.is_(None))
    .order_by(delivery.c.person)
    .limit(bindparam("most_"))
)
_GIVEN: Any = (
    update(delivery)
    .where(_IS_OF, delivery.c.person == bindparam("person_"), delivery.c.at.is_(None))
    .values(at=bindparam("at_"))
)
_COUNT = select(func.count()).where(_IS_OF, delivery.c.at.is_not(None))
