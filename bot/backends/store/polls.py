"""Which quiz was asked of whom, as which poll, and what they chose."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, bindparam, select, update

from bot.backends.store.database import Database
from bot.backends.store.tables import poll
from bot.core.messages import Poll, Quiz


class Polls:
    """The part of the core's `Store` that is about quizzes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, key: str) -> Poll | None:
        """Return the quiz that was asked as a poll."""
        rows = await self._database.rows(_FIND, {"id_": key})
        return _poll(rows[0]) if rows else None

    async def note_choice(self, key: str, option: int) -> None:
        """Remember what was chosen; the first choice counts."""
        await self._database.write((_CHOSEN, {"id_": key, "chosen_": option}))

    async def export(self, person: int) -> list[Mapping[str, Any]]:
        """Return what a person was asked and chose, as JSON can hold it."""
        rows = await self._database.rows(_OF, {"person_": person})
        return [_exported(row) for row in rows]


def row_of_poll(key: str, person: int, quiz: Quiz, *, at: float) -> dict[str, Any]:
    """Return as which poll somebody was asked a quiz, as it is kept."""
    return {
        "id": key,
        "person": person,
        "lesson": quiz.lesson,
        "question": quiz.question,
        "options": json.dumps([name for name, _ in quiz.options]),
        "right": quiz.right,
        "at": at,
    }


def _poll(row: Row[Any]) -> Poll:
    options = tuple(json.loads(row.options))
    return Poll(row.person, row.lesson, row.question, options, row.right)


def _exported(row: Row[Any]) -> Mapping[str, Any]:
    options = json.loads(row.options)
    chosen = None if row.chosen is None else options[row.chosen]
    at = datetime.fromtimestamp(row.at, UTC).isoformat(timespec="seconds")
    return {"lesson": row.lesson, "question": row.question, "chosen": chosen, "at": at}


_FIND = select(poll).where(poll.c.id == bindparam("id_"))
_OF = select(poll).where(poll.c.person == bindparam("person_")).order_by(poll.c.at)
_CHOSEN = (
    update(poll)
    .where(poll.c.id == bindparam("id_"), poll.c.chosen.is_(None))
    .values(chosen=bindparam("chosen_"))
)
