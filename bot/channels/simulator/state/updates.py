"""The updates that wait for the bot."""

import asyncio

from bot.channels.simulator.state.database import Database, Json, encode

_FIRST_UPDATE = 500000000
_KEPT_CONFIRMED = 1000
_NOT_BY_DEFAULT = {"chat_member", "message_reaction", "message_reaction_count"}


class Updates:
    """A queue that outlives the process; confirmed updates stay a while to be sent again."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiters: set[asyncio.Event] = set()
        self._allowed: list[str] = database.setting("allowed_updates", [])
        if not database.row("SELECT 1 FROM sqlite_sequence WHERE name = 'updates'"):
            database.run("INSERT INTO sqlite_sequence VALUES ('updates', ?)", _FIRST_UPDATE)

    @property
    def allowed(self) -> list[str]:
        """The kinds the bot asked for; empty for the usual ones."""
        return self._allowed

    def allow(self, kinds: list[str]) -> None:
        """Queue only these kinds from now on."""
        if kinds != self._allowed:
            self._allowed = kinds
            self._database.remember("allowed_updates", kinds)

    def put(self, kind: str, content: Json, *, person: str | None) -> int | None:
        """Queue an update; None when the bot did not ask for its kind."""
        wanted = kind in self._allowed if self._allowed else kind not in _NOT_BY_DEFAULT
        return self.put_raw({kind: content}, person=person) if wanted else None

    def put_raw(self, body: Json, *, person: str | None = None) -> int:
        """Queue anything, even what Telegram would not send."""
        sql = "INSERT INTO updates (person, body) VALUES (?, ?)"
        update_id = self._database.run(sql, person, encode(body))
        self._wake()
        return update_id

    def waiting(self, limit: int) -> list[str]:
        """The oldest updates that wait, as JSON."""
        return self._read("waits = 1", limit)

    def count(self) -> int:
        """How many updates wait."""
        found = self._database.row("SELECT count(*) FROM updates WHERE waits = 1")
        return found[0] if found else 0

    def confirm(self, offset: int) -> None:
        """Forget what is older than this; a negative number counts from the end."""
        if offset < 0:
            sql = "SELECT update_id FROM updates WHERE waits = 1 ORDER BY update_id DESC LIMIT 1"
            found = self._database.row(f"{sql} OFFSET ?", -offset - 1)
            offset = found[0] if found else 0
        if offset > 0:
            sql = "UPDATE updates SET waits = 0 WHERE waits = 1 AND update_id < ?"
            if self._database.count(sql, offset):
                old = offset - _KEPT_CONFIRMED
                self._database.run("DELETE FROM updates WHERE waits = 0 AND update_id < ?", old)

    def drop(self) -> None:
        """Forget everything that waits."""
        self._database.run("UPDATE updates SET waits = 0 WHERE waits = 1")

    def drop_of(self, person: str) -> None:
        """Forget what waits of one person."""
        self._database.run("DELETE FROM updates WHERE person = ?", person)

    def resend(self, person: str | None) -> int | None:
        """Deliver the last update once more, under its old number."""
        sql = "SELECT max(update_id) FROM updates WHERE ? IS NULL OR person = ?"
        found = self._database.row(sql, person, person)
        if not found or found[0] is None:
            return None
        self._database.run("UPDATE updates SET again = 1 WHERE update_id = ?", found[0])
        self._wake()
        return int(found[0])

    def take_resent(self) -> list[str]:
        """The oldest update that is to be delivered once more, out of turn."""
        found = self._read("again = 1 AND waits = 0", 1)
        self._database.run(
            "UPDATE updates SET again = 0 WHERE again = 1 AND update_id = "
            "(SELECT min(update_id) FROM updates WHERE again = 1 AND waits = 0)"
        )
        return found

    def watch(self) -> asyncio.Event:
        """An event that is set whenever something new waits."""
        waiter = asyncio.Event()
        self._waiters.add(waiter)
        return waiter

    def unwatch(self, waiter: asyncio.Event) -> None:
        """Stop watching."""
        self._waiters.discard(waiter)

    def _wake(self) -> None:
        for waiter in self._waiters:
            waiter.set()

    def _read(self, condition: str, limit: int) -> list[str]:
        sql = f"SELECT update_id, body FROM updates WHERE {condition} ORDER BY update_id LIMIT ?"  # noqa: S608 - two fixed texts
        rows = self._database.rows(sql, limit)
        return [f'{{"update_id":{number}{"," * (body != "{}")}{body[1:]}' for number, body in rows]
