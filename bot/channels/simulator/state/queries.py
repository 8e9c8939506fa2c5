"""Presses of buttons, each of which the bot is to answer once."""

import secrets
from collections.abc import Callable

from bot.channels.simulator.state.database import Database

_TIMEOUT = 15 * 60.0
_KEPT = 2 * _TIMEOUT


class Queries:
    """The callback queries that wait for an answer; after half an hour they are forgotten."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock

    def ask(self, person: str, chat_id: int) -> str:
        """A new query; returns its id."""
        identifier = str(secrets.randbits(62))
        self._database.run("DELETE FROM queries WHERE asked < ?", self._clock() - _KEPT)
        self._database.run(
            "INSERT INTO queries (id, person, chat_id, asked) VALUES (?, ?, ?, ?)",
            identifier,
            person,
            chat_id,
            self._clock(),
        )
        return identifier

    def find(self, identifier: str) -> tuple[str, int] | None:
        """Who asked, and in which chat, whether or not it was answered."""
        found = self._database.row("SELECT person, chat_id FROM queries WHERE id = ?", identifier)
        return (found[0], found[1]) if found else None

    def answer(self, identifier: str) -> bool:
        """Mark as answered; false when it is unknown, too old or answered already."""
        sql = "UPDATE queries SET answered = 1 WHERE id = ? AND answered = 0 AND asked > ?"
        return self._database.count(sql, identifier, self._clock() - _TIMEOUT) == 1
