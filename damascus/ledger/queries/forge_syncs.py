"""Queries on what has to reach the forge."""

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, or_, select

from damascus.core.records.forge_syncs import ForgeSyncKind, ForgeSyncRow, ForgeSyncStatus
from damascus.ledger.queries.base import ReadQueries, TableQueries
from damascus.ledger.tables.forge_syncs import forge_syncs
from damascus.ledger.tables.missions import missions

_ended = missions.c.finished_at
_WITHOUT_BOARD = (
    select(missions.c.id)
    .where(or_(_ended.is_(None), _ended > bindparam("since", type_=_ended.type)))
    .where(~select(forge_syncs.c.id).where(forge_syncs.c.id == missions.c.id).exists())
    .order_by(missions.c.id)
)
_COUNT_THERE = select(func.count()).where(
    forge_syncs.c.kind == ForgeSyncKind.CODE, forge_syncs.c.remote_sha == forge_syncs.c.target_sha
)


class ForgeSyncReads(ReadQueries[ForgeSyncRow]):
    table = forge_syncs
    row = ForgeSyncRow

    async def due(self, now: datetime, kind: ForgeSyncKind) -> list[ForgeSyncRow]:
        """Return the rows of a kind that may have something to sync by now, oldest first."""
        return await self._select({"settled_at": None, "retry_at <=": now, "kind": kind}, "id")

    async def waiting(self) -> list[ForgeSyncRow]:
        """Return the rows that have something to sync, at any time, oldest first."""
        return await self._select({"settled_at": None}, "id")

    async def count_there(self) -> int:
        """Return how many repositories are at the forge with all that was pushed."""
        ((count,),) = await self._session.rows(_COUNT_THERE)
        return int(count)

    async def of_mission(self, mission_id: str, kind: ForgeSyncKind = ForgeSyncKind.CODE) -> list[ForgeSyncRow]:
        """Return a mission's rows of a kind, oldest first."""
        return await self._select({"mission_id": mission_id, "kind": kind}, "id")

    async def boards(self, limit: int) -> list[ForgeSyncRow]:
        """Return the rows of the missions' boards, newest first."""
        return await self._select({"kind": ForgeSyncKind.BOARD}, "-id", limit)

    async def missions_without_board(self, since: datetime) -> list[str]:
        """Return the ids of missions without a board that are in progress, or ended after `since`."""
        return [row[0] for row in await self._session.rows(_WITHOUT_BOARD, {"since": since})]


class ForgeSyncQueries(ForgeSyncReads, TableQueries[ForgeSyncRow]):
    async def put(self, row: ForgeSyncRow) -> None:
        """Insert the row, or change nothing if there is one."""
        await self._upsert([row], ("id",), ("name",))

    async def change(self, id: str, **values: Any) -> None:
        """Set columns of a row."""
        await self._update({"id": id}, **values)

    async def transition(self, id: str, after: ForgeSyncStatus, **values: Any) -> bool:
        """Set the status of a row; returns False if it is settled.

        Only work/delivery/sync_state.py calls this.
        """
        return await self._update({"id": id, "settled_at": None}, status=after, **values) == 1

    async def settle(self, id: str, target_sha: str | None, now: datetime) -> bool:
        """Settle a row; returns False if it has another target by now, or is settled."""
        return await self._update({"id": id, "target_sha": target_sha, "settled_at": None}, settled_at=now) == 1
