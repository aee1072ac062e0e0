"""Queries on how conversations began."""

from functools import cache

from sqlalchemy import Insert, String, bindparam, delete

from damascus.core.records.openings import Opening, ToldSoFar
from damascus.ledger.queries.base import ReadQueries, TableQueries, upsert
from damascus.ledger.session import SqlDialect
from damascus.ledger.tables.openings import openings

_REMOVE = delete(openings).where(openings.c.id == bindparam("of", type_=String))


class OpeningReads(ReadQueries[Opening]):
    table = openings
    row = Opening


class OpeningQueries(OpeningReads, TableQueries[Opening]):
    async def put(self, opening: Opening) -> None:
        """Write a task's opening, or another one in its place."""
        values = {name: getattr(opening, name) for name in Opening.__slots__}
        await self._session.change(_writing(self._session.dialect), values)

    async def tell(self, task_id: str, told: ToldSoFar) -> None:
        """Note how far a task was told; nothing if its opening was removed meanwhile: the next run begins again."""
        await self._update({"id": task_id}, told=told)

    async def remove(self, task_id: str) -> None:
        """Let a task's next run begin with what is true then."""
        await self._session.change(_REMOVE, {"of": task_id})


@cache
def _writing(dialect: SqlDialect) -> Insert:
    insertion = upsert(dialect, openings)
    changed = {name: insertion.excluded[name] for name in ("system", "assignment", "told")}
    return insertion.on_conflict_do_update(index_elements=["id"], set_=changed)
