"""The file in which a simulator keeps its chats."""

import json
import sqlite3
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
    waits INTEGER NOT NULL DEFAULT 1, again INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS waiting ON updates (update_id) WHERE waits = 1;
CREATE INDEX IF NOT EXISTS resent ON updates (update_id) WHERE again = 1;
CREATE TABLE IF NOT EXISTS queries (
    id TEXT PRIMARY KEY, person TEXT NOT NULL, chat_id INTEGER NOT NULL, asked REAL NOT NULL,
    answered INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS files (
    id TEXT PRIMARY KEY, path TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, shape TEXT NOT NULL,
    content BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS sent (n INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL);
"""


def encode(value: object) -> str:
    """The JSON text that is stored and sent."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class Database:
    """One connection, used by one process: a second simulator on the file is refused."""

    def __init__(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(
                path, timeout=1, isolation_level=None, check_same_thread=False
            )
            self._prepare()
        except (OSError, sqlite3.Error) as error:
            raise ChannelError("file_unwritable", path=str(path), reason=str(error)) from error

    def _prepare(self) -> None:
        # Nothing here must survive a power cut, so no write waits for the disk.
        for pragma in ("locking_mode=EXCLUSIVE", "journal_mode=WAL", "synchronous=OFF"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.executescript(_SCHEMA)

    def run(self, sql: str, *values: object) -> int:
        """Change something; returns the row id of an insert."""
        return self._connection.execute(sql, values).lastrowid or 0

    def count(self, sql: str, *values: object) -> int:
        """Change something; returns how many rows it touched."""
        return self._connection.execute(sql, values).rowcount

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        return self._connection.execute(sql, values).fetchall()

    def row(self, sql: str, *values: object) -> tuple[Any, ...] | None:
        """The first row of a query, if there is one."""
        found: tuple[Any, ...] | None = self._connection.execute(sql, values).fetchone()
        return found

    def setting(self, name: str, default: Any = None) -> Any:
        """A remembered value."""
        found = self.row("SELECT value FROM settings WHERE name = ?", name)
        return json.loads(found[0]) if found else default

    def remember(self, name: str, value: Any) -> None:
        """Remember a value under a name."""
        self.run("INSERT OR REPLACE INTO settings VALUES (?, ?)", name, encode(value))

    def forget(self, name: str) -> None:
        """Forget a remembered value."""
        self.run("DELETE FROM settings WHERE name = ?", name)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
