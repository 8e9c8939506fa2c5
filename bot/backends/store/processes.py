"""How many processes share a database, for whoever looks from beside them."""

from sqlalchemy import text

from bot.backends.store.database import Database

# Each process holds a lock under one number of its own; all other locks go by two.
_COUNT = text(
    "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database"
    " WHERE datname = current_database() AND locktype = 'advisory' AND objsubid = 1 AND granted"
)


async def count_processes(database: Database) -> int | None:
    """Return how many processes are at work; None for a file, which does not tell.

    Raises:
        StoreError: the database is away.
    """
    if not database.is_shared:
        return None
    return int((await database.rows(_COUNT))[0][0])
