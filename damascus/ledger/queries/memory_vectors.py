"""Queries on the vectors of what the company has learnt."""

from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Float,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    cast,
    column,
    delete,
    literal_column,
    select,
    table,
)
from sqlalchemy.sql.dml import Insert
from sqlalchemy.types import UserDefinedType

from damascus.core.records.memories import Memory, MemoryStatus, MemoryVector
from damascus.ledger.queries.base import ReadQueries, TableQueries, columns_of, upsert, values_of
from damascus.ledger.session import SqlDialect
from damascus.ledger.tables.memories import memories, memory_vectors


class _PgVector(UserDefinedType[Any]):
    """pgvector's type, into which it turns arrays of numbers."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "vector"


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

_HAS_PGVECTOR: Select[Any] = (
    select(literal_column("1")).select_from(table("pg_extension")).where(column("extname") == "vector")
)
_asked: ColumnElement[Any] = cast(bindparam("vector", type_=_c.vector.type), _PgVector)
_distance = cast(_c.vector, _PgVector).op("<=>", return_type=Float)(_asked)
_NEAREST = (
    select(_c.memory_id, 1 - _distance)
    .where(_c.model == bindparam("model", type_=String))
    .order_by(_distance)
    .limit(bindparam("limit", type_=Integer))
)
_REMOVE = delete(memory_vectors).where(_c.memory_id == bindparam("of"))


class MemoryVectorReads(ReadQueries[MemoryVector]):
    table = memory_vectors
    row = MemoryVector

    async def since(self, model: str, number: int) -> list[MemoryVector]:
        """Return the vectors of a model that were written after this number, oldest first."""
        return await self._select({"model": model, "number >": number}, "number")

    async def are_compared_there(self) -> bool:
        """Return whether the database compares vectors itself: a PostgreSQL with pgvector."""
        return self._session.dialect == "postgresql" and bool(await self._session.rows(_HAS_PGVECTOR))

    async def nearest(self, model: str, vector: bytes, limit: int) -> list[tuple[str, float]]:
        """Return the memories whose vectors of a model are nearest, with the cosine, by pgvector."""
        given = {"model": model, "vector": vector, "limit": limit}
        return [(str(id), float(cosine)) for id, cosine in await self._session.rows(_NEAREST, given)]

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
