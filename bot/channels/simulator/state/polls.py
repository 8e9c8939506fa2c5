"""Polls, and who voted for what; what a poll says stands in its message."""

import json
import secrets

from bot.channels.simulator.state.database import Database, Json


class Polls:
    """Finds the message of a poll, and keeps the votes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self) -> str:
        """The id of a new poll."""
        return str(secrets.randbits(62))

    def place(self, poll: str, message: Json) -> None:
        """Note which message a poll stands in."""
        sql = "INSERT OR REPLACE INTO polls (id, chat_id, message_id) VALUES (?, ?, ?)"
        self._database.run(sql, poll, message["chat"]["id"], message["message_id"])

    def vote(self, poll: str, person: int, options: list[int]) -> None:
        """Keep somebody's vote."""
        sql = "INSERT OR REPLACE INTO votes (poll_id, person_id, options) VALUES (?, ?, ?)"
        self._database.run(sql, poll, person, json.dumps(options))

    def votes(self, poll: str) -> dict[int, list[int]]:
        """Who voted for what."""
        sql = "SELECT person_id, options FROM votes WHERE poll_id = ?"
        return {person: json.loads(options) for person, options in self._database.rows(sql, poll)}

    def votes_in(self, chat_id: int) -> Json:
        """The votes of each poll in a chat, as the page reads them."""
        sql = (
            "SELECT poll_id, person_id, options FROM votes JOIN polls ON polls.id = poll_id "
            "WHERE chat_id = ?"
        )
        found: Json = {}
        for poll, person, options in self._database.rows(sql, chat_id):
            found.setdefault(poll, {})[str(person)] = json.loads(options)
        return found

    def message_of(self, poll: str) -> tuple[int, int] | None:
        """The chat and the message that a poll stands in."""
        found = self._database.row("SELECT chat_id, message_id FROM polls WHERE id = ?", poll)
        return (found[0], found[1]) if found else None
