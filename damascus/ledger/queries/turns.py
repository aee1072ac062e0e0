"""Queries on transcripts."""

from datetime import datetime

from sqlalchemy import String, bindparam, or_, select

from damascus.core.records.turns import Picture, Turn, TurnStatus
from damascus.ledger.queries.base import ReadQueries, TableQueries
from damascus.ledger.tables.tasks import tasks
from damascus.ledger.tables.turns import turns

WEB_TOOLS = ("web_search", "fetch_page")
_RESULTS = (
    select(turns.c.content)
    .join(tasks, tasks.c.id == turns.c.task_id)
    .where(
        tasks.c.mission_id == bindparam("mission", type_=String),
        or_(*(turns.c.tool == tool for tool in WEB_TOOLS)),
        turns.c.status == TurnStatus.DONE,
    )
    .order_by(turns.c.id)
)


_ANY = select(turns.c.id).where(turns.c.task_id == bindparam("task", type_=String)).limit(1)


class TurnReads(ReadQueries[Turn]):
    table = turns
    row = Turn

    async def of_task(self, task_id: str, after: int = 0, limit: int | None = None) -> list[Turn]:
        """Return a task's transcript, in order: at most `limit` turns behind the one with the number `after`."""
        return await self._select({"task_id": task_id} | ({"n >": after} if after else {}), "n", limit)

    async def last_of(self, task_id: str) -> Turn | None:
        """Return the newest call that has no result yet, else the newest turn; None if there is none."""
        is_open = {"task_id": task_id, "status": [*TurnStatus.OPEN]}
        return await self._one(is_open, "n") or await self._one({"task_id": task_id}, "-n")

    async def has_any(self, task_id: str) -> bool:
        """Return whether a task's transcript has begun."""
        return bool(await self._session.rows(_ANY, {"task": task_id}))

    async def results_of_web(self, mission_id: str) -> list[str]:
        """Return what the web's tools gave in all tasks of a mission, oldest first."""
        return [str(row[0]) for row in await self._session.rows(_RESULTS, {"mission": mission_id})]


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

    async def finish(self, id: str, content: str, now: datetime, picture: Picture | None = None) -> bool:
        """Write a call's result; returns False if it had one."""
        unfinished = {"id": id, "status": [*TurnStatus.OPEN]}
        return (
            await self._update(unfinished, status=TurnStatus.DONE, content=content, done_at=now, picture=picture) == 1
        )
