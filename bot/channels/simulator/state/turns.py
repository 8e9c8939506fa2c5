"""What a bot reports of its turns, for whoever records a chat."""

import json

from bot.channels.simulator.state.database import Database, Json, encode

_KEPT = 10_000


class Turns:
    """The last turns, by the update they answer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, update_id: int, turn: Json) -> None:
        """Keep a turn; of those before, the last ten thousand stay."""
        sql = "INSERT OR REPLACE INTO turns VALUES (?, ?)"
        self._database.run(sql, update_id, encode(turn))
        self._database.run("DELETE FROM turns WHERE update_id < ?", update_id - _KEPT)

    def done_by(self, person: str) -> list[tuple[Json, Json | None]]:
        """What somebody did of late, oldest first, each with its turn if that is known."""
        sql = (
            "SELECT updates.body, turns.body FROM updates LEFT JOIN turns USING (update_id) "
            "WHERE person = ? ORDER BY update_id"
        )
        return [
            (json.loads(update), json.loads(turn) if turn else None)
            for update, turn in self._database.rows(sql, person)
        ]

    def last_person(self) -> str | None:
        """Who did something last."""
        sql = "SELECT person FROM updates WHERE person IS NOT NULL ORDER BY update_id DESC LIMIT 1"
        found = self._database.row(sql)
        return str(found[0]) if found else None
