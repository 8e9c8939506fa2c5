"""The updates that wait for the bot."""

import asyncio

from bot.channels.simulator.state.database import Database, Json, encode

_FIRST_UPDATE = 500000000
_KEPT_CONFIRMED = 1000
_CLEARED_AT_ONCE = 100
_NOT_BY_DEFAULT = {"chat_member", "message_reaction", "message_reaction_count"}


class Watch(asyncio.Event):
    """Set when something new waits, or when nobody is to wait for it any longer."""

    def __init__(self) -> None:
        super().__init__()
        self.is_ended = False
        self._chats: set[str] = set()

    def tell(self, *chats: str) -> None:
        """Say that something new waits in these chats, or else to look around."""
        self._chats.update(chats)
        self.set()

    def end(self) -> None:
        """Let go whoever waits."""
        self.is_ended = True
        self.set()

    def take(self) -> set[str]:
        """The chats in which something is new since the last time."""
        chats, self._chats = self._chats, set()
        self.clear()
        return chats


class Updates:
    """A queue that outlives the process.

    The last thousand that were confirmed stay, to be sent again.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._watches: set[Watch] = set()
        self._allowed: list[str] = database.setting("allowed_updates", [])
        self._cleared = 0
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
        sql = "INSERT INTO updates (person, body, chat) VALUES (?, ?, ?)"
        chat = _chat_of(body)
        update_id = self._database.run(sql, person, encode(body), chat)
        self._tell(chat)
        return update_id

    def waiting(self, limit: int) -> list[str]:
        """The oldest updates that wait, as JSON."""
        return [text for _, text in self._read("waits = 1", limit=limit)]

    def count(self) -> int:
        """How many updates wait."""
        found = self._database.row("SELECT count(*) FROM updates WHERE waits = 1")
        return found[0] if found else 0

    def is_taken(self, update_id: int) -> bool:
        """Whether nothing of an update is still to be delivered."""
        sql = "SELECT 1 FROM updates WHERE update_id = ? AND (waits = 1 OR again = 1)"
        return self._database.row(sql, update_id) is None

    def chats_waiting(self) -> set[str]:
        """The chats for which something is to be delivered."""
        sql = "SELECT DISTINCT chat FROM updates WHERE waits = 1 OR again = 1"
        return {chat for (chat,) in self._database.rows(sql)}

    def next_of(self, chat: str) -> tuple[int, str] | None:
        """What is to be delivered next in a chat: its number, and the update as JSON."""
        for condition in ("again = 1 AND waits = 0 AND chat = ?", "waits = 1 AND chat = ?"):
            if found := self._read(condition, chat, limit=1):
                return found[0]
        return None

    def delivered(self, update_id: int) -> None:
        """Forget an update that was taken; one that is to be sent again stays, once."""
        sql = "UPDATE updates SET again = again AND waits, waits = 0 WHERE update_id = ?"
        self._database.run(sql, update_id)
        self._clear_before(update_id - _KEPT_CONFIRMED)

    def confirm(self, offset: int) -> None:
        """Forget what is older than this; a negative number counts from the end."""
        if offset < 0:
            sql = "SELECT update_id FROM updates WHERE waits = 1 ORDER BY update_id DESC LIMIT 1"
            found = self._database.row(f"{sql} OFFSET ?", -offset - 1)
            offset = found[0] if found else 0
        if offset > 0:
            sql = "UPDATE updates SET waits = 0 WHERE waits = 1 AND update_id < ?"
            if self._database.count(sql, offset):
                self._clear_before(offset - _KEPT_CONFIRMED)

    def _clear_before(self, update_id: int) -> None:
        if update_id - self._cleared >= _CLEARED_AT_ONCE:
            sql = "DELETE FROM updates WHERE waits = 0 AND update_id < ?"
            self._database.run(sql, update_id)
            self._cleared = update_id

    def drop(self) -> None:
        """Forget everything that waits."""
        self._database.run("UPDATE updates SET waits = 0 WHERE waits = 1")

    def drop_of(self, person: str) -> None:
        """Forget what waits of one person."""
        self._database.run("DELETE FROM updates WHERE person = ?", person)

    def resend(self, person: str | None) -> int | None:
        """Deliver the last update once more, under its old number."""
        sql = "SELECT update_id, chat FROM updates WHERE ? IS NULL OR person = ?"
        found = self._database.row(f"{sql} ORDER BY update_id DESC LIMIT 1", person, person)
        if not found:
            return None
        self._database.run("UPDATE updates SET again = 1 WHERE update_id = ?", found[0])
        self._tell(found[1])
        return int(found[0])

    def take_resent(self) -> list[str]:
        """The oldest update that is to be delivered once more, out of turn."""
        found = self._read("again = 1 AND waits = 0", limit=1)
        for update_id, _ in found:
            self._database.run("UPDATE updates SET again = 0 WHERE update_id = ?", update_id)
        return [text for _, text in found]

    def watch(self, watch: Watch) -> None:
        """Tell this watch of everything new."""
        self._watches.add(watch)

    def unwatch(self, watch: Watch) -> None:
        """Tell it no more."""
        self._watches.discard(watch)

    def _tell(self, chat: str) -> None:
        for watch in self._watches:
            watch.tell(chat)

    def _read(self, condition: str, *values: str, limit: int) -> list[tuple[int, str]]:
        sql = f"SELECT update_id, body FROM updates WHERE {condition} ORDER BY update_id LIMIT ?"  # noqa: S608 - a few fixed texts
        return [
            (number, f'{{"update_id":{number}{"," * (body != "{}")}{body[1:]}')
            for number, body in self._database.rows(sql, *values, limit)
        ]


def _chat_of(body: Json) -> str:
    """The chat that an update is about; empty when it names none."""
    content = next(iter(body.values()), None)
    message = _inside(content, "message") or content  # A press holds the message it is about.
    chat = _inside(message, "chat") or _inside(message, "user")  # A vote says only whose it is.
    return str(_inside(chat, "id") or "")


def _inside(value: object, name: str) -> object:
    return value.get(name) if isinstance(value, dict) else None
