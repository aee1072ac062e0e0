"""Queries on transcripts."""

from datetime import datetime

from damascus.core.records.turns import Turn, TurnStatus
from damascus.ledger.queries.base import TableQueries
from damascus.ledger.tables.turns import turns


class TurnQueries(TableQueries[Turn]):
    table = turns
    row = Turn

    async def of_task(self, task_id: str) -> list[Turn]:
        return await self._select({"task_id": task_id}, "n")

    async def mark_started(self, id: str) -> bool:
        """Note that a call is about to be run; False when it was started or done before."""
        return await self._update({"id": id, "status": TurnStatus.PENDING}, status=TurnStatus.STARTED) == 1

    async def mark_waiting(self, id: str) -> bool:
        return await self._update({"id": id, "status": [*TurnStatus.OPEN]}, status=TurnStatus.WAITING) == 1

    async def reopen(self, id: str) -> bool:
        """A waiting call may be run now."""
        return await self._update({"id": id, "status": TurnStatus.WAITING}, status=TurnStatus.PENDING) == 1

    async def finish(self, id: str, content: str, now: datetime) -> bool:
        """Write a call's result; False when it had one."""
        return (
            await self._update(
                {"id": id, "status": [*TurnStatus.OPEN]}, status=TurnStatus.DONE, content=content, done_at=now
            )
            == 1
        )
