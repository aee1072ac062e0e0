"""Queries on what waits at the CEO's desk."""

from datetime import datetime

from damascus.core.records.desk_items import DeskItem, DeskItemKind, DeskItemStatus
from damascus.ledger.queries.base import TableQueries
from damascus.ledger.tables.desk_items import desk_items


class DeskItemQueries(TableQueries[DeskItem]):
    table = desk_items
    row = DeskItem

    async def open(self, after: str | None = None, limit: int = 100) -> list[DeskItem]:
        return await self._page({"status": DeskItemStatus.OPEN}, after, limit)

    async def open_of_kind(self, kind: DeskItemKind, mission_id: str | None = None) -> list[DeskItem]:
        """What of this kind a mission, or anybody, waits for."""
        of = {"mission_id": mission_id} if mission_id else {}
        return await self._select({**of, "kind": kind, "status": DeskItemStatus.OPEN})

    async def of_mission(self, mission_id: str) -> list[DeskItem]:
        return await self._select({"mission_id": mission_id}, "id")

    async def of_turn(self, turn_id: str) -> DeskItem | None:
        return await self._one({"turn_id": turn_id}, "-id")

    async def decide(self, id: str, status: DeskItemStatus, answer: str | None, now: datetime) -> bool:
        """Close an open one; False when it was not open."""
        return (
            await self._update({"id": id, "status": DeskItemStatus.OPEN}, status=status, answer=answer, decided_at=now)
            == 1
        )

    async def expire(self, mission_id: str, now: datetime) -> None:
        """Close all that is open for a mission that ended."""
        await self._update(
            {"mission_id": mission_id, "status": DeskItemStatus.OPEN}, status=DeskItemStatus.EXPIRED, decided_at=now
        )
