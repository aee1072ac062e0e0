"""Queries on what has to reach the forge."""

from datetime import datetime
from typing import Any

from damascus.core.records.forge_syncs import ForgeSyncRow
from damascus.ledger.queries.base import TableQueries
from damascus.ledger.tables.forge_syncs import forge_syncs


class ForgeSyncQueries(TableQueries[ForgeSyncRow]):
    table = forge_syncs
    row = ForgeSyncRow

    async def put(self, row: ForgeSyncRow) -> None:
        """Insert, or change nothing where there is one."""
        await self._upsert([row], ("id",), ("name",))

    async def change(self, id: str, **values: Any) -> None:
        await self._update({"id": id}, **values)

    async def due(self, now: datetime) -> list[ForgeSyncRow]:
        """What may have something to bring out, oldest first."""
        return await self._select({"settled_at": None, "retry_at <=": now}, "id")

    async def of_mission(self, mission_id: str) -> list[ForgeSyncRow]:
        return await self._select({"mission_id": mission_id}, "id")
