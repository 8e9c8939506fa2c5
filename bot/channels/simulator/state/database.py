"""The file in which a simulator keeps its chats."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bot.core.ports import ChannelError

Json = dict[str, Any]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS people (
    key TEXT PRIMARY KEY, id INTEGER NOT NULL UNIQUE, first_name TEXT NOT NULL, last_name TEXT,
    username TEXT, language TEXT, started INTEGER NOT NULL DEFAULT 0,
    blocked INTEGER NOT NULL DEFAULT 0, met INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS messages (
    chat_id INTEGER NOT NULL, message_id INTEGER NOT NULL, body TEXT NOT NULL,
    deleted INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (chat_id, message_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS updates (
    update_id INTEGER PRIMARY KEY AUTOINCREMENT, person TEXT, body TEXT NOT NULL,
    waits INTEGER NOT NULL DEFAULT 1, again INTEGER NOT NULL DEFAULT 0,
    chat TEXT NOT NULL DEFAULT '');
CREATE TABLE IF NOT EXISTS queries (
    id TEXT PRIMARY KEY, person TEXT NOT NULL, chat_id INTEGER NOT NULL, asked REAL NOT NULL,
    answered INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS polls (
    id TEXT PRIMARY KEY, chat_id INTEGER NOT NULL, message_id INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS votes (
    poll_id TEXT NOT NULL, person_id INTEGER NOT NULL, options TEXT NOT NULL,
    PRIMARY KEY (poll_id, person_id));
CREATE TABLE IF NOT EXISTS topics (thread INTEGER PRIMARY KEY, closed INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS files (
    id TEXT PRIMARY KEY, path TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, shape TEXT NOT NULL,
    content BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS turns (update_id INTEGER PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS sent (n INTEGER PRIMARY KEY, body TEXT NOT NULL);
"""
_INDEXES = """
CREATE INDEX IF NOT EXISTS waiting ON updates (update_id) WHERE waits = 1;
CREATE INDEX IF NOT EXISTS waiting_in_chat ON updates (chat, update_id) WHERE waits = 1;
CREATE INDEX IF NOT EXISTS asked ON queries (asked);
CREATE INDEX IF NOT EXISTS resent ON updates (update_id) WHERE again = 1;
"""
_FIRST_UPDATE = """
INSERT INTO sqlite_sequence (name, seq) SELECT 'updates', 100000000 + abs(random() % 800000000)
WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'updates');
"""
"""Telegram's numbers begin anywhere: a bot that has met another simulator knows 1, 2 and 3."""
_CHECKPOINT_PAGES = 4000  # The busiest pages are written to the file a quarter as often.
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def encode(value: object) -> str:
    """The JSON text that is stored and sent."""
    return _ENCODER.encode(value)


class Database:
    """One connection, used by one process: a second simulator on the file is refused.

    What changes is in the file after `commit`, which comes before each response.
    """

    def __init__(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(
                path, timeout=1, isolation_level="DEFERRED", check_same_thread=False
            )
            self._prepare()
            self._settings = dict(self.rows("SELECT name, value FROM settings"))
        except (OSError, sqlite3.Error) as error:
            raise ChannelError("file_unwritable", path=str(path), reason=str(error)) from error

    def _prepare(self) -> None:
        # Nothing here must survive a power cut, so no write waits for the disk.
        for pragma in (
            "locking_mode=EXCLUSIVE",
            "journal_mode=WAL",
            "synchronous=OFF",
            f"wal_autocheckpoint={_CHECKPOINT_PAGES}",
        ):
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.executescript(_SCHEMA)
        self._complete()
        self._connection.executescript(_INDEXES)
        self._connection.execute(_FIRST_UPDATE)
        self._connection.commit()

    def _complete(self) -> None:
        """Add what a file of an earlier version lacks."""
        if "chat" not in {column[1] for column in self.rows("PRAGMA table_info(updates)")}:
            self.run("ALTER TABLE updates ADD COLUMN chat TEXT NOT NULL DEFAULT ''")

    def run(self, sql: str, *values: object) -> int:
        """Change something; returns the row id of an insert."""
        return self._connection.execute(sql, values).lastrowid or 0

    def count(self, sql: str, *values: object) -> int:
        """Change something; returns how many rows it touched."""
        return self._connection.execute(sql, values).rowcount

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        return self._connection.execute(sql, values).fetchall()

    def cursor(self, sql: str, *values: object) -> Iterator[tuple[Any, ...]]:
        """The rows of a query, read as they are asked for."""
        return self._connection.execute(sql, values)

    def row(self, sql: str, *values: object) -> tuple[Any, ...] | None:
        """The first row of a query, if there is one."""
        found: tuple[Any, ...] | None = self._connection.execute(sql, values).fetchone()
        return found

    def setting(self, name: str, default: Any = None) -> Any:
        """A remembered value."""
        found = self._settings.get(name)
        return default if found is None else json.loads(found)

    def remember(self, name: str, value: Any) -> None:
        """Remember a value under a name."""
        self._settings[name] = encode(value)
        self.run("INSERT OR REPLACE INTO settings VALUES (?, ?)", name, self._settings[name])

    def forget(self, name: str) -> None:
        """Forget a remembered value."""
        self._settings.pop(name, None)
        self.run("DELETE FROM settings WHERE name = ?", name)

    def commit(self) -> None:
        """Put into the file what has changed; a killed process loses the rest."""
        self._connection.commit()

    def close(self) -> None:
        """Close the file."""
        self.commit()
        self._connection.close()
