"""The topics of the group, where it is a forum."""

from dataclasses import dataclass

from bot.channels.simulator.state.database import Database, Json
from bot.channels.simulator.state.messages import Messages, quoted
from bot.channels.simulator.state.people import GROUP_ID


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic: its number is that of the message that began it."""

    thread: int
    is_closed: bool


class Forum:
    """Whether the group has topics, whether the bot manages them, and those there are."""

    def __init__(self, database: Database, messages: Messages) -> None:
        self._database = database
        self._messages = messages

    @property
    def is_on(self) -> bool:
        """Whether the group has topics."""
        return bool(self._database.setting("forum", False))

    @property
    def is_managed(self) -> bool:
        """Whether the bot is an administrator who may manage topics."""
        return bool(self._database.setting("manages_topics", False))

    def become(self, *, forum: bool, manages: bool) -> None:
        """Let the group have topics or none, and the bot manage them or not."""
        self._database.remember("forum", forum)
        self._database.remember("manages_topics", manages)

    def begin(self, chat: Json, author: Json, created: Json) -> int:
        """Begin a topic; return its number."""
        root = self._messages.add(chat, author, {"forum_topic_created": created})
        thread = int(root["message_id"])
        self._messages.replace(root | {"message_thread_id": thread, "is_topic_message": True})
        self._database.run("INSERT INTO topics (thread, closed) VALUES (?, 0)", thread)
        return thread

    def find(self, thread: int) -> Topic | None:
        """The topic of this number."""
        sql = "SELECT closed FROM topics WHERE thread = ?"
        found = self._database.row(sql, thread) if self.is_on else None
        return Topic(thread, bool(found[0])) if found else None

    def move(self, topic: Topic, chat: Json, author: Json, *, closed: bool) -> Json:
        """Close a topic, or open it again; return the message that says so."""
        self._database.run("UPDATE topics SET closed = ? WHERE thread = ?", closed, topic.thread)
        said = "forum_topic_closed" if closed else "forum_topic_reopened"
        return self._messages.add(chat, author, self.place(topic.thread) | {said: {}})

    def place(self, thread: int) -> Json:
        """What a message in a topic says of it; what answers nothing else answers its beginning."""
        if not thread:
            return {}
        root = self._messages.get(GROUP_ID, thread)
        quote = {"reply_to_message": quoted(root)} if root else {}
        return {"message_thread_id": thread, "is_topic_message": True} | quote


def thread_of(message: Json) -> int:
    """The topic that a message stands in; 0 where it is none."""
    return int(message["message_thread_id"]) if message.get("is_topic_message") else 0
