"""Queries on what has to reach the forge."""

from datetime import datetime
from typing import Any

from damascus.core.records.forge_syncs import ForgeSyncRow, ForgeSyncStatus
from damascus.ledger.queries.base import ReadQueries, TableQueries
from damascus.ledger.tables.forge_syncs import forge_syncs


class ForgeSyncReads(ReadQueries[ForgeSyncRow]):
    table = forge_syncs
    row = ForgeSyncRow

    async def due(self, now: datetime) -> list[ForgeSyncRow]:
        """Return the rows that may have something to sync by now, oldest first."""
        return await self._select({"settled_at": None, "retry_at <=": now}, "id")

    async def of_mission(self, mission_id: str) -> list[ForgeSyncRow]:
        """Return a mission's rows, oldest first."""
        return await self._select({"mission_id": mission_id}, "id")


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
