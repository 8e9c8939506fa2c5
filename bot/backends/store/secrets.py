"""The key that people's texts are kept with: its fingerprint in the database, and its change."""

import logging
from collections.abc import Sequence
from functools import partial
from typing import Any

from sqlalchemy import Column, Connection, Row, Select, bindparam, select, tuple_, update

from bot.backends.keys import Cipher, check
from bot.backends.store.database import Database, Values
from bot.backends.store.tables import place, secret, ticket_words
from bot.core.ports import StoreError

log = logging.getLogger(__name__)

_BATCH = 200  # Texts that are encrypted anew in one transaction.
_LASTING = (place.c.kept, ticket_words.c.text)
"""Texts that may be kept for longer than a key that was left behind."""

_FINGERPRINT = select(secret.c.fingerprint)


async def check_key(database: Database, cipher: Cipher) -> None:
    """Check that the database, if it holds texts, was written under one of the cipher's keys.

    Raises:
        StoreError: it was written under another key.
    """
    rows = await database.rows(_FINGERPRINT)
    check(rows[0].fingerprint if rows else None, cipher)


async def note_key(database: Database, cipher: Cipher) -> None:
    """Note the key under which texts are written from now on, and bring older ones under it.

    Raises:
        StoreError: the database cannot be written.
    """
    noted = database.upsert(secret).values(only=1, fingerprint=bindparam("fingerprint_"))
    noted = noted.on_conflict_do_update(
        index_elements=["only"], set_={"fingerprint": noted.excluded.fingerprint}
    )
    await database.write((noted, {"fingerprint_": cipher.fingerprints[0]}))
    if len(cipher.fingerprints) > 1:
        # At each start: the one before may have been cut short, or another process may have gone
        # on writing under the old key.
        await renew(database, cipher)


async def renew(database: Database, cipher: Cipher, *, batch: int = _BATCH) -> None:
    """Encrypt under the first key what is kept for long: where people are, what tickets say.

    Raises:
        StoreError: the database cannot be written.
    """
    for column in _LASTING:
        after: Row[Any] | None = None
        while True:
            work = partial(_renew, column=column, cipher=cipher, after=after, batch=batch)
            after = await database.transact(work)
            if after is None:
                break


def _renew(
    connection: Connection,
    *,
    column: Column[bytes],
    cipher: Cipher,
    after: Row[Any] | None,
    batch: int,
) -> Row[Any] | None:
    """Encrypt the texts behind a row anew; return the last row of them, None at the end.

    What another process writes at this moment is left out: waiting could deadlock.
    """
    keys = list(column.table.primary_key)
    named = [key.label(f"{key.name}_") for key in keys]
    query: Select[Any] = select(*named, column.label("text_")).order_by(*keys).limit(batch)
    if after is not None:
        query = query.where(tuple_(*keys) > tuple(after)[:-1])
    rows = connection.execute(query.with_for_update(skip_locked=True)).all()
    if renewed := _renewed(rows, cipher):
        is_it = (key == bindparam(f"{key.name}_") for key in keys)
        anew = update(column.table).where(*is_it).values({column: bindparam("text_")})
        connection.execute(anew, renewed)
    return rows[-1] if len(rows) == batch else None


def _renewed(rows: Sequence[Row[Any]], cipher: Cipher) -> list[Values]:
    """Return what puts texts under the first key; those that no key reads stay as they are."""
    renewed: list[Values] = []
    old = [row for row in rows if not cipher.is_current(row.text_)]
    for row in old:
        try:
            text = cipher.encrypt(cipher.decrypt(row.text_))
        except StoreError:
            continue
        renewed.append({**row._mapping, "text_": text})
    if len(renewed) < len(old):
        log.warning("kept texts cannot be read: %s", len(old) - len(renewed))
    return renewed
