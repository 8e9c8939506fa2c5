"""The people who chat with the bot, and the chats they are in."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain, count

from bot.channels.simulator.state.database import Database, Json

BOT_ID = 1000000001
BOT_USERNAME = "akar_simulator_bot"
GROUP_ID = -1001700000000
GROUP_KEY = "group"
OWNER = "budi"
"""Who has made the group."""
_GROUP: Json = {"id": GROUP_ID, "title": "Grup UMKM", "type": "supergroup"}
_FIRST_ID = 700000001
_LANGUAGE_CODES = {"zh": "zh-hans"}
_COLUMNS = "key, id, first_name, last_name, username, language, started, blocked, met"


@dataclass(frozen=True)
class Person:
    """Someone who has Telegram."""

    key: str
    id: int
    first_name: str
    last_name: str | None = None
    username: str | None = None
    language: str | None = None
    started: bool = False
    blocked: bool = False
    met: bool = False

    def user(self) -> Json:
        """The person as Telegram's User."""
        user = {"id": self.id, "is_bot": False} | self._names()
        return user | ({"language_code": self.language} if self.language else {})

    def chat(self) -> Json:
        """The person's private chat with the bot."""
        return {"id": self.id, "type": "private"} | self._names()

    def _names(self) -> Json:
        names = {
            "first_name": self.first_name,
            "last_name": self.last_name,
            "username": self.username,
        }
        return {name: value for name, value in names.items() if value}


_AT_FIRST = (
    Person("ibu", _FIRST_ID, "Bu Sari", username="bu_sari", language="id"),
    Person("lin", _FIRST_ID + 1, "Lin Wei", "林伟", username="lin_wei", language="zh-hans"),
    Person("budi", _FIRST_ID + 2, "Budi", "Santoso", username="budi_staf", language="id"),
    Person("sam", _FIRST_ID + 3, "Sam", "Carter", username="sam_carter", language="en"),
)


class People:
    """Everyone the simulator knows; all of them are in the group."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._by_key: dict[str, Person] = {}
        self._by_id: dict[int, Person] = {}
        for row in database.rows(f"SELECT {_COLUMNS} FROM people ORDER BY rowid"):  # noqa: S608 - our own column names
            self._know(Person(*row[:6], *(bool(flag) for flag in row[6:])))
        for person in () if self._by_key else _AT_FIRST:
            self.keep(person)

    def __iter__(self) -> Iterator[Person]:
        """Everyone, in the order they came."""
        return iter(list(self._by_key.values()))

    def keep(self, person: Person) -> Person:
        """Store a new or changed person."""
        self._know(person)
        values = (person.key, person.id, person.first_name, person.last_name, person.username)
        flags = (person.language, person.started, person.blocked, person.met)
        marks = ", ".join("?" * 9)
        changes = ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS.split(", ")[1:])
        self._database.run(
            f"INSERT INTO people ({_COLUMNS}) VALUES ({marks}) "  # noqa: S608 - our own column names
            f"ON CONFLICT (key) DO UPDATE SET {changes}",
            *values,
            *flags,
        )
        return person

    def _know(self, person: Person) -> None:
        before = self._by_key.get(person.key)
        if before:
            del self._by_id[before.id]
        self._by_key[person.key] = person
        self._by_id[person.id] = person

    def with_id(self, identifier: int) -> Person | None:
        """The person with this Telegram id."""
        return self._by_id.get(identifier)

    def named(self, name: str) -> Person | None:
        """The person with this key, or with this number as Telegram id."""
        found = self._by_key.get(name)
        return found or (self.with_id(int(name)) if name.isdecimal() else None)

    def meet(self, name: str, *, language: str | None = None) -> Person:
        """The person of this name; a new one if nobody has it."""
        return self.named(name) or self.create(name, language=language or "id")

    def create(self, name: str, *, language: str, key: str | None = None) -> Person:
        """Someone new; a name of digits alone is the Telegram id."""
        key = key or self._free_key(name)
        identifier = int(name) if name.isdecimal() else self._free_id()
        username = f"{re.sub('[^a-z0-9_]', '_', key.lower())}_{identifier % 1000:03}"[:32]
        usable = username if re.fullmatch("[a-z][a-z0-9_]{4,31}", username) else None
        code = _LANGUAGE_CODES.get(language, language)
        return self.keep(Person(key, identifier, name, username=usable, language=code))

    def begin_anew(self, person: Person) -> Person:
        """The same person as someone the bot has never met, with another Telegram id."""
        fresh = replace(person, id=self._free_id(), started=False, blocked=False, met=False)
        return self.keep(fresh)

    def chat(self, identifier: int) -> Json | None:
        """The chat with this id, as Telegram's Chat."""
        if identifier == GROUP_ID:
            is_forum = self._database.setting("forum", False)
            return _GROUP | ({"is_forum": True} if is_forum else {})
        person = self.with_id(identifier)
        return person.chat() if person else None

    def key_of(self, chat_id: object) -> str | None:
        """Who a chat belongs to: a person's key, or the group's."""
        if chat_id == GROUP_ID:
            return GROUP_KEY
        person = self.with_id(chat_id) if isinstance(chat_id, int) else None
        return person.key if person else None

    def _free_key(self, name: str) -> str:
        stem = re.sub(r"\W+", "-", name.lower()).strip("-") or "person"
        keys = chain([stem], (f"{stem}-{number}" for number in count(2)))
        return next(key for key in keys if key not in self._by_key and key != GROUP_KEY)

    def _free_id(self) -> int:
        last = int(self._database.setting("last_id", _FIRST_ID + 99))
        identifier = last + 1
        while identifier in self._by_id:
            identifier += 1
        self._database.remember("last_id", identifier)
        return identifier
