"""Queries on the vectors of what the company has learnt."""

from functools import cache

from sqlalchemy import Integer, String, and_, bindparam, delete, select
from sqlalchemy.sql.dml import Insert

from damascus.core.records.memories import Memory, MemoryStatus, MemoryVector
from damascus.ledger.queries.base import ReadQueries, TableQueries, columns_of, upsert, values_of
from damascus.ledger.session import SqlDialect
from damascus.ledger.tables.memories import memories, memory_vectors

_c = memory_vectors.c
_WITHOUT = (
    select(*columns_of(memories, Memory))
    .outerjoin(
        memory_vectors,
        and_(_c.memory_id == memories.c.id, _c.model == bindparam("model", type_=String)),
    )
    .where(_c.memory_id.is_(None), memories.c.status == MemoryStatus.ACTIVE, memories.c.superseded_by.is_(None))
    .order_by(memories.c.id.desc())
    .limit(bindparam("limit", type_=Integer))
)

_REMOVE = delete(memory_vectors).where(_c.memory_id == bindparam("of"))


class MemoryVectorReads(ReadQueries[MemoryVector]):
    table = memory_vectors
    row = MemoryVector

    async def since(self, model: str, number: int) -> list[MemoryVector]:
        """Return the vectors of a model that were written after this number, oldest first."""
        return await self._select({"model": model, "number >": number}, "number")

    async def missing(self, model: str, limit: int) -> list[Memory]:
        """Return memories in force that have no vector of this model, the newest first."""
        return [Memory(*values) for values in await self._session.rows(_WITHOUT, {"model": model, "limit": limit})]


class MemoryVectorQueries(MemoryVectorReads, TableQueries[MemoryVector]):
    async def remove(self, memory_id: str) -> None:
        """Delete a memory's vectors, of all models."""
        await self._session.change(_REMOVE, {"of": memory_id})

    async def put(self, row: MemoryVector) -> None:
        """Write a memory's vector in place of the one it had of the same model."""
        await self._session.change(_putting(self._session.dialect), values_of(row))


@cache
def _putting(dialect: SqlDialect) -> Insert:
    insertion = upsert(dialect, memory_vectors)
    changes = {"number": insertion.excluded.number, "vector": insertion.excluded.vector}
    return insertion.on_conflict_do_update(index_elements=["memory_id", "model"], set_=changes)
