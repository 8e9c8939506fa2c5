"""The models that products are sorted by: one for each list of families, kept in the database."""

import asyncio
import hashlib
import json
import time
from collections.abc import Callable
from functools import partial

from sqlalchemy import Connection, bindparam, delete, insert, select

from bot.backends.knowledge.clusters import ClustersEntry
from bot.backends.knowledge.content import Content
from bot.backends.knowledge.products import RECIPE, ProductModel, ProductSorter
from bot.backends.store.database import Database
from bot.backends.store.tables import product_model

_KEPT = 3  # Lists: a rollback finds its model, an older one is fitted again.


class ProductModels:
    """Fits a model for a list of families it has none for, once; others are read.

    A fit takes seconds, in a thread.
    """

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock
        self._opened: dict[str, ProductSorter] = {}

    async def kept(self, content: Content) -> ProductSorter | None:
        """Return what sorts products by a content's families if that is fitted already.

        Raises:
            StoreError: the models cannot be read.
        """
        if not content.clusters.families:
            return None
        key = _key(content.clusters)
        if key not in self._opened and (model := await self._model(key)):
            self._open(key, ProductSorter(content.clusters, model))
        return self._opened.get(key)

    async def of(self, content: Content) -> ProductSorter | None:
        """Return what sorts products by a content's families; None where it has none.

        Raises:
            StoreError: the models cannot be read.
        """
        entry = content.clusters
        if not entry.families:
            return None
        if found := await self.kept(content):
            return found
        sorter = ProductSorter(entry, await asyncio.to_thread(_fitted, entry))
        self._open(_key(entry), sorter)
        return sorter

    async def keep(self, content: Content) -> None:
        """Keep what sorts products by a content's families, so that no start has to fit it.

        Raises:
            StoreError: it cannot be kept.
        """
        sorter, key = await self.of(content), _key(content.clusters)
        if sorter and not await self._model(key):
            model = await asyncio.to_thread(sorter.to_bytes)
            await self._database.transact(partial(self._write, key, model))

    def _open(self, key: str, sorter: ProductSorter) -> None:
        """Hold a sorter, and the one before it: a preview asks two lists in turn."""
        self._opened = dict([*self._opened.items(), (key, sorter)][-2:])

    async def _model(self, key: str) -> bytes:
        rows = await self._database.rows(_MODEL, {"id_": key})
        return bytes(rows[0].model) if rows else b""

    def _write(self, key: str, model: bytes, connection: Connection) -> None:
        values = {"id": key, "model": model, "at": self._clock()}
        connection.execute(delete(product_model).where(product_model.c.id == key))
        connection.execute(insert(product_model), values)
        newest = connection.execute(_NEWEST).scalars().all()
        connection.execute(delete(product_model).where(product_model.c.id.not_in(newest)))


def _fitted(entry: ClustersEntry) -> bytes:
    return ProductModel.fit(entry).to_bytes()


def _key(entry: ClustersEntry) -> str:
    """Name a model by what it is fitted to, and how."""
    families = {name: family.model_dump() for name, family in entry.families.items()}
    told = json.dumps(families, ensure_ascii=False, sort_keys=True)
    return f"{RECIPE}-{hashlib.sha256(told.encode()).hexdigest()[:16]}"


_MODEL = select(product_model.c.model).where(product_model.c.id == bindparam("id_"))
_NEWEST = select(product_model.c.id).order_by(product_model.c.at.desc()).limit(_KEPT)
