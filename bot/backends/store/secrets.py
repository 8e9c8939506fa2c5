"""The fingerprint of the key that people's texts are kept with, as it stands in the database."""

from sqlalchemy import bindparam, select

from bot.backends.keys import Cipher, check
from bot.backends.store.database import Database
from bot.backends.store.tables import secret

_FINGERPRINT = select(secret.c.fingerprint)


async def check_key(database: Database, cipher: Cipher) -> None:
    """Check that the database, if it holds texts, was written under one of the cipher's keys.

    Raises:
        StoreError: it was written under another key.
    """
    rows = await database.rows(_FINGERPRINT)
    check(rows[0].fingerprint if rows else None, cipher)


async def note_key(database: Database, cipher: Cipher) -> None:
    """Note the key under which texts are written from now on.

    Raises:
        StoreError: the database cannot be written.
    """
    noted = database.upsert(secret).values(only=1, fingerprint=bindparam("fingerprint_"))
    noted = noted.on_conflict_do_update(
        index_elements=["only"], set_={"fingerprint": noted.excluded.fingerprint}
    )
    await database.write((noted, {"fingerprint_": cipher.fingerprints[0]}))
