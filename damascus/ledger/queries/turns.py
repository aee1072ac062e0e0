"""Queries on transcripts."""

from datetime import datetime

from damascus.core.records.turns import Turn
from damascus.ledger.queries.base import TableQueries
from damascus.ledger.tables.turns import turns

_OPEN = ["pending", "started", "waiting"]


class TurnQueries(TableQueries[Turn]):
    table = turns
    row = Turn

    async def of_task(self, task_id: str, attempt: int | None = None) -> list[Turn]:
        return await self._some({"task_id": task_id} | ({"attempt": attempt} if attempt else {}), "attempt n")

    async def start(self, id: str) -> bool:
        """Note that a call is about to be run; False when it was started or done before."""
        return await self._change({"id": id, "state": "pending"}, state="started") == 1

    async def wait(self, id: str) -> bool:
        return await self._change({"id": id, "state": _OPEN}, state="waiting") == 1

    async def reopen(self, id: str) -> bool:
        """A waiting call may be run now."""
        return await self._change({"id": id, "state": "waiting"}, state="pending") == 1

    async def finish(self, id: str, content: str, now: datetime) -> bool:
        """Write a call's result; False when it had one."""
        return await self._change({"id": id, "state": _OPEN}, state="done", content=content, done_at=now) == 1
