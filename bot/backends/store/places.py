"""Where people are in what takes several turns: journeys, lessons, sums step by step."""

import contextlib
import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, bindparam, select

from bot.backends.keys import Cipher
from bot.backends.store.database import Database
from bot.backends.store.tables import place
from bot.core.messages import Place
from bot.core.ports import StoreError

log = logging.getLogger(__name__)


class Places:
    """The part of the core's `Store` that is about places."""

    def __init__(
        self, database: Database, cipher: Cipher, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._database = database
        self._cipher = cipher
        self._clock = clock
        put = database.upsert(place)
        changed = {name: put.excluded[name] for name in ("step", "kept", "update", "at")}
        self._put = put.on_conflict_do_update(
            index_elements=["person", "kind", "name"], set_=changed
        )

    async def of(self, person: int) -> Sequence[Place]:
        """Return where a person is, the last changed first."""
        rows = await self._database.rows(_OF, {"person_": person})
        return [
            Place(row.kind, row.name, row.step, kept, row.update)
            for row, kept in read(rows, self._cipher)
        ]

    async def put(self, person: int, where: Place) -> None:
        """Remember where a person is in one thing."""
        values = {
            "person": person,
            "kind": where.kind,
            "name": where.name,
            "step": where.step,
            "kept": self._cipher.encrypt(json.dumps(dict(where.kept)).encode()),
            "update": where.update,
            "at": self._clock(),
        }
        await self._database.write((self._put, values))

    async def export(self, person: int) -> list[Mapping[str, Any]]:
        """Return where a person is, as JSON can hold it."""
        rows = await self._database.rows(_OF, {"person_": person})
        return [_exported(row, kept) for row, kept in read(rows, self._cipher)]


def read(rows: Sequence[Row[Any]], cipher: Cipher) -> list[tuple[Row[Any], dict[str, str]]]:
    """Return places with what was answered on the way, but those that no key reads.

    Whoever is in one begins it anew; else all they write would fail.
    """
    found: list[tuple[Row[Any], dict[str, str]]] = []
    for row in rows:
        with contextlib.suppress(StoreError):
            found.append((row, json.loads(cipher.decrypt(row.kept))))
    if len(found) < len(rows):
        missing = len(rows) - len(found)
        log.warning("places cannot be read, as if they were not there: %s", missing)
    return found


def _exported(row: Row[Any], kept: Mapping[str, str]) -> Mapping[str, Any]:
    at = datetime.fromtimestamp(row.at, UTC).isoformat(timespec="seconds")
    return {"kind": row.kind, "name": row.name, "step": row.step, "kept": kept, "at": at}


_OF = (
    select(place)
    .where(place.c.person == bindparam("person_"))
    .order_by(place.c.at.desc(), place.c.kind, place.c.name)
)
