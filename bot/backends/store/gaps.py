"""What people asked and did not get: no answer, a doubtful one, or one they did not like."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import Row, bindparam, or_, select

from bot.backends.keys import Cipher
from bot.backends.store.database import Database
from bot.backends.store.tables import question, vote
from bot.core.messages import Language

Why = Literal["down", "abstain", "doubtful"]
"""A 👎; no answer; an answer that was not sure enough."""


@dataclass(frozen=True, slots=True)
class Missed:
    """A question that did not get what was asked for; its text is masked."""

    person: int
    at: float
    text: str
    language: Language
    why: Why
    card: str
    """What it was answered with, if anything."""


async def missed_questions(database: Database, cipher: Cipher, *, sure: float) -> list[Missed]:
    """Return the kept questions that did not get what was asked for, newest first.

    A 👎 knows its message and its card, a question its message and the card it got: the newest
    question of the person that had got this card, was asked before they pressed, and stands above
    the answer, is what they were not pleased with. Where the card came from a button, no question
    is kept, and none is found.
    """
    votes = await database.rows(_DOWN)
    rows = await database.rows(_QUESTIONS, {"sure": sure})
    disliked = set(_disliked(rows, votes))
    found = []
    for row in rows:
        if why := _why(row, disliked, sure):
            text = cipher.decrypt(row.text).decode()
            found.append(Missed(row.person, row.at, text, row.language, why, row.card))
    return found


def _disliked(rows: Sequence[Row[Any]], votes: Iterable[Row[Any]]) -> Iterable[int]:
    asked: Mapping[tuple[int, str], list[Row[Any]]] = defaultdict(list)
    for row in rows:
        asked[row.person, row.card].append(row)
    for each in votes:
        above = (row.id for row in asked[each.person, each.card] if _is_above(row, each))
        if newest := next(above, None):
            yield newest


def _is_above(asked: Row[Any], voted: Row[Any]) -> bool:
    """Say whether a question may be the one that an answer was voted on for."""
    pressed = datetime.fromisoformat(voted.at).replace(tzinfo=UTC).timestamp() + 1
    if asked.at >= pressed:
        return False
    is_placed = asked.message != 0  # An older program kept no place.
    return not is_placed or (asked.chat == voted.chat and asked.message < voted.message)


def _why(row: Row[Any], disliked: set[int], sure: float) -> Why | None:
    if row.id in disliked:
        return "down"
    if row.outcome == "abstain":
        return "abstain"
    return "doubtful" if row.confidence is not None and row.confidence < sure else None


_DOWN = select(vote).where(vote.c.vote == "down")
_QUESTIONS = (
    select(question)
    .where(
        or_(
            question.c.outcome == "abstain",
            question.c.confidence < bindparam("sure"),
            question.c.person.in_(select(vote.c.person).where(vote.c.vote == "down")),
        )
    )
    .order_by(question.c.id.desc())
)
