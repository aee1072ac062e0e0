"""Queries on the workers."""

from datetime import datetime

from sqlalchemy import bindparam, delete

from damascus.core.records.workers import WorkerMove, WorkerRow
from damascus.ledger.queries.base import ReadQueries, TableQueries
from damascus.ledger.tables.columns import Utc
from damascus.ledger.tables.workers import workers

_c = workers.c
_FORGET = delete(workers).where(_c.id == bindparam("of"), _c.seen_at <= bindparam("seen_at", type_=Utc))


class WorkerReads(ReadQueries[WorkerRow]):
    table = workers
    row = WorkerRow

    async def list(self) -> list[WorkerRow]:
        """Return all that are known, by role and name."""
        return await self._select({}, "role name")


class WorkerQueries(WorkerReads, TableQueries[WorkerRow]):
    async def record_heartbeat(self, *rows: WorkerRow) -> None:
        """Insert the rows, or refresh when they were seen."""
        await self._upsert(rows, ("id",), ("seen_at",))

    async def note(self, id: str, move: WorkerMove) -> None:
        """Keep what the log says of a worker from now on."""
        await self._update({"id": id}, move=move, moved_at=self._now)

    async def forget(self, id: str, seen_at: datetime) -> None:
        """Remove a worker, unless it was seen again since then."""
        await self._session.change(_FORGET, {"of": id, "seen_at": seen_at})
