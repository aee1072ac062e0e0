"""Queries on what stands for the older parts of conversations."""

from damascus.core.records.compactions import Compaction
from damascus.ledger.queries.base import ReadQueries, TableQueries
from damascus.ledger.tables.compactions import compactions


class CompactionReads(ReadQueries[Compaction]):
    table = compactions
    row = Compaction

    async def newest_of(self, task_id: str) -> Compaction | None:
        """Return the compaction that a task's conversation begins with, or None."""
        return await self._one({"task_id": task_id}, "-until")

    async def of_task(self, task_id: str) -> list[Compaction]:
        """Return a task's compactions, oldest first."""
        return await self._select({"task_id": task_id}, "until")


class CompactionQueries(CompactionReads, TableQueries[Compaction]):
    pass
