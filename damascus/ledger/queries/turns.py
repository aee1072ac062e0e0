"""Queries on transcripts."""

from datetime import datetime

from damascus.core.records.turns import Turn, TurnStatus
from damascus.ledger.queries.base import TableQueries
from damascus.ledger.tables.turns import turns


class TurnQueries(TableQueries[Turn]):
    table = turns
    row = Turn

    async def of_task(self, task_id: str, attempt: int | None = None) -> list[Turn]:
        return await self._select({"task_id": task_id} | ({"attempt": attempt} if attempt else {}), "attempt n")

    async def mark_started(self, id: str) -> bool:
        """Note that a call is about to be run; False when it was started or done before."""
        return await self._update({"id": id, "state": TurnStatus.PENDING}, state=TurnStatus.STARTED) == 1

    async def mark_waiting(self, id: str) -> bool:
        return await self._update({"id": id, "state": [*TurnStatus.OPEN]}, state=TurnStatus.WAITING) == 1

    async def reopen(self, id: str) -> bool:
        """A waiting call may be run now."""
        return await self._update({"id": id, "state": TurnStatus.WAITING}, state=TurnStatus.PENDING) == 1

    async def finish(self, id: str, content: str, now: datetime) -> bool:
        """Write a call's result; False when it had one."""
        return (
            await self._update(
                {"id": id, "state": [*TurnStatus.OPEN]}, state=TurnStatus.DONE, content=content, done_at=now
            )
            == 1
        )
