"""What people want to hear of once there is an answer, and the letters that tell them."""

import time
from collections.abc import Callable, Sequence

from sqlalchemy import Connection, bindparam, insert, select, update

from bot.backends.keys import Cipher
from bot.backends.store.database import Database
from bot.backends.store.outbox import row_of, sealed
from bot.backends.store.tables import inbox, wish
from bot.core.messages import Call, Received, Wish


class Wishes:
    """The wishes that are open; a wish is fulfilled by a letter in the outbox."""

    def __init__(
        self, database: Database, cipher: Cipher, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._database = database
        self._cipher = cipher
        self._clock = clock

    async def open(self, *, after: int, limit: int) -> Sequence[Wish]:
        """Return wishes that nobody has fulfilled, by their number, beyond one of them."""
        rows = await self._database.rows(_OPEN, {"after": after, "limit_": limit})
        return [
            Wish(
                *(row.id, row.person, row.chat, row.message),
                self._cipher.decrypt(row.text).decode(),
                row.language,
            )
            for row in rows
        ]

    async def tell(self, wished: Wish, letter: Received, calls: Sequence[Call]) -> bool:
        """Put into the outbox what tells of an answer, and note in the same step that it is there.

        Returns False where somebody else did, or the person has had the wish deleted meanwhile.
        """
        now = self._clock()
        row = row_of(letter, self._cipher, at=now) | {"calls": sealed(calls, self._cipher)}

        def work(connection: Connection) -> bool:
            told = connection.execute(_TOLD, {"id_": wished.number, "told_": now})
            if not told.rowcount:
                return False
            connection.execute(insert(inbox), row)
            return True

        return await self._database.transact(work)


_OPEN = (
    select(wish)
    .where(wish.c.told.is_(None), wish.c.id > bindparam("after"))
    .order_by(wish.c.id)
    .limit(bindparam("limit_"))
)
_TOLD = (
    update(wish)
    .where(wish.c.id == bindparam("id_"), wish.c.told.is_(None))
    .values(told=bindparam("told_"))
)
