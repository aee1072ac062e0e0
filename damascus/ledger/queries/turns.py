"""Queries on transcripts."""

from datetime import datetime

from damascus.core.records.turns import Turn, TurnStatus
from damascus.ledger.queries.base import ReadQueries, TableQueries
from damascus.ledger.tables.turns import turns


class TurnReads(ReadQueries[Turn]):
    table = turns
    row = Turn

    async def of_task(self, task_id: str) -> list[Turn]:
        """Return a task's transcript, in order."""
        return await self._select({"task_id": task_id}, "n")


class TurnQueries(TurnReads, TableQueries[Turn]):
    async def mark_started(self, id: str) -> bool:
        """Note that a call is about to run; returns False if it was started or done before."""
        return await self._update({"id": id, "status": TurnStatus.PENDING}, status=TurnStatus.STARTED) == 1

    async def mark_waiting(self, id: str) -> bool:
        """Note that a call waits for the CEO or another task; returns False if it has its result."""
        return await self._update({"id": id, "status": [*TurnStatus.OPEN]}, status=TurnStatus.WAITING) == 1

    async def reopen(self, id: str) -> bool:
        """Let a waiting call run; returns False if it does not wait."""
        return await self._update({"id": id, "status": TurnStatus.WAITING}, status=TurnStatus.PENDING) == 1

    async def finish(self, id: str, content: str, now: datetime) -> bool:
        """Write a call's result; returns False if it had one."""
        unfinished = {"id": id, "status": [*TurnStatus.OPEN]}
        return await self._update(unfinished, status=TurnStatus.DONE, content=content, done_at=now) == 1
