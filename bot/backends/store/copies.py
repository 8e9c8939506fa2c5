"""Copies of the database that others may have: what is published, and nothing about people."""

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import delete, table

from bot.backends.store.database import DATABASE_FILE
from bot.backends.store.tables import live, product_model, version

_PUBLIC = {version.name, live.name, product_model.name, "alembic_version"}


def forget_everyone(folder: Path) -> None:
    """Empty a copy, whatever program it is of, of all but what is published.

    The key's fingerprint goes too, so that the copy may be used under another key.
    """
    with closing(sqlite3.connect(folder / DATABASE_FILE, isolation_level=None)) as database:
        database.execute("PRAGMA secure_delete = ON")  # What is deleted is overwritten.
        names = [
            name
            for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            if name not in _PUBLIC and not name.startswith("sqlite_")
        ]
        for name in names:
            database.execute(str(delete(table(name))))
        database.execute("VACUUM")  # An older program did not overwrite what it deleted.
