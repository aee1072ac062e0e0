"""Queries on the requests on the CEO's desk."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select

from damascus.core.records.desk_items import DeskItem, DeskItemKind, DeskItemStatus
from damascus.ledger.queries.base import ReadQueries, TableQueries
from damascus.ledger.tables.desk_items import desk_items

_OPEN = {"status": DeskItemStatus.OPEN}
_COUNT_OPEN = select(func.count()).where(desk_items.c.status == DeskItemStatus.OPEN)


class DeskItemReads(ReadQueries[DeskItem]):
    table = desk_items
    row = DeskItem

    async def open(self, after: str | None = None, limit: int = 100) -> list[DeskItem]:
        """Return a page of the open requests, newest first."""
        return await self._page(_OPEN, after, limit)

    async def count_open(self) -> int:
        """Return how many requests wait for the CEO."""
        return int((await self._session.rows(_COUNT_OPEN))[0][0])

    async def decided(self, after: str | None = None, limit: int = 100) -> list[DeskItem]:
        """Return a page of the requests that are not open any more, newest first."""
        return await self._page({"status !=": DeskItemStatus.OPEN}, after, limit)

    async def open_of_kind(self, kind: DeskItemKind, mission_id: str | None = None) -> list[DeskItem]:
        """Return the open requests of this kind, of one mission or of all."""
        of = {"mission_id": mission_id} if mission_id else {}
        return await self._select({**of, "kind": kind, **_OPEN})

    async def of_mission(self, mission_id: str) -> list[DeskItem]:
        """Return a mission's requests, oldest first."""
        return await self._select({"mission_id": mission_id}, "id")

    async def of_turn(self, turn_id: str) -> DeskItem | None:
        """Return the newest request that a tool call waits for, or None."""
        return await self._one({"turn_id": turn_id}, "-id")


class DeskItemQueries(DeskItemReads, TableQueries[DeskItem]):
    async def decide(self, id: str, status: DeskItemStatus, answer: str | None, now: datetime) -> bool:
        """Close an open request; returns False if it was not open."""
        return await self._update({"id": id, **_OPEN}, status=status, answer=answer, decided_at=now) == 1

    async def expire(self, mission_id: str, now: datetime, keep: Collection[str] = ()) -> list[DeskItem]:
        """Close every open request of a mission that has ended, but those with an id in `keep`. Returns those."""
        rows = [row for row in await self._select({"mission_id": mission_id, **_OPEN}, "id") if row.id not in keep]
        if rows:
            expired = {"status": DeskItemStatus.EXPIRED, "decided_at": now}
            await self._update({"id": [row.id for row in rows], **_OPEN}, **expired)
        return rows
