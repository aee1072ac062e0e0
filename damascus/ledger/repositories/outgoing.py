"""Queries on what has to reach the forge."""

from datetime import datetime
from typing import Any

from damascus.ledger.repositories.base import Repository
from damascus.ledger.tables.outgoing import OutgoingRow, outgoing


class Outgoing(Repository[OutgoingRow]):
    table = outgoing
    row = OutgoingRow

    async def put(self, row: OutgoingRow) -> None:
        """Insert, or change nothing where there is one."""
        await self._put([row], ("id",), ("name",))

    async def change(self, id: str, **values: Any) -> None:
        await self._change({"id": id}, **values)

    async def due(self, now: datetime) -> list[OutgoingRow]:
        """What may have something to bring out, oldest first."""
        return await self._some({"settled_at": None, "next_at <=": now}, "id")

    async def of_mission(self, mission_id: str) -> list[OutgoingRow]:
        return await self._some({"mission_id": mission_id}, "id")
