"""The messages of all chats, as Telegram's Message objects."""

import json
from collections.abc import Callable, Iterator

from bot.channels.simulator.state.database import Database, Json, encode
from bot.channels.simulator.state.events import Events

_SHOWN = 1000
_NOT_QUOTED = ("reply_to_message", "quote", "reply_markup")


class Messages:
    """What stands in the chats; every change is told to the page."""

    def __init__(self, database: Database, events: Events, clock: Callable[[], float]) -> None:
        self._database = database
        self._events = events
        self._clock = clock
        self._last: dict[bool, int] = {}
        for private, sql in ((True, "chat_id > 0"), (False, "chat_id < 0")):
            found = database.row(f"SELECT max(message_id) FROM messages WHERE {sql}")  # noqa: S608 - two fixed texts
            self._last[private] = (found and found[0]) or 0

    def add(self, chat: Json, author: Json, content: Json) -> Json:
        """A new message; ids are counted over all private chats, as at Telegram."""
        private = chat["id"] > 0
        self._last[private] += 1
        head = {"message_id": self._last[private], "from": author, "chat": chat}
        message = head | {"date": int(self._clock())} | content
        self._database.run(
            "INSERT INTO messages (chat_id, message_id, body) VALUES (?, ?, ?)",
            chat["id"],
            message["message_id"],
            encode(message),
        )
        self._events.publish({"type": "message", "message": message})
        return message

    def replace(self, message: Json) -> Json:
        """An edited message takes the old one's place."""
        self._database.run(
            "UPDATE messages SET body = ? WHERE chat_id = ? AND message_id = ?",
            encode(message),
            message["chat"]["id"],
            message["message_id"],
        )
        self._events.publish({"type": "edit", "message": message})
        return message

    def edited(self, message: Json, content: Json) -> Json:
        """An edit of the content, which is marked as one."""
        return self.replace(message | {"edit_date": int(self._clock())} | content)

    def get(self, chat_id: int, message_id: int) -> Json | None:
        """A message that is still there."""
        sql = "SELECT body FROM messages WHERE chat_id = ? AND message_id = ? AND deleted = 0"
        found = self._database.row(sql, chat_id, message_id)
        return json.loads(found[0]) if found else None

    def delete(self, chat_id: int, message_id: int) -> bool:
        """Take a message away; false when it was not there."""
        sql = "UPDATE messages SET deleted = 1 WHERE chat_id = ? AND message_id = ? AND deleted = 0"
        if not self._database.count(sql, chat_id, message_id):
            return False
        self._events.publish({"type": "delete", "chat_id": chat_id, "message_id": message_id})
        return True

    def clear(self, chat_id: int) -> None:
        """Empty a chat; its numbers are not used again."""
        self._database.run("UPDATE messages SET deleted = 1 WHERE chat_id = ?", chat_id)

    def newest(self, chat_id: int) -> Iterator[Json]:
        """The last messages of a chat, newest first, read one by one."""
        sql = "SELECT body FROM messages WHERE chat_id = ? AND deleted = 0"
        found = self._database.cursor(f"{sql} ORDER BY message_id DESC LIMIT ?", chat_id, _SHOWN)
        return (json.loads(body) for (body,) in found)

    def of(self, chat_id: int) -> list[Json]:
        """The last messages of a chat, oldest first."""
        return list(self.newest(chat_id))[::-1]


def quoted(message: Json) -> Json:
    """A message as it stands in an answer to it."""
    return {name: value for name, value in message.items() if name not in _NOT_QUOTED}
