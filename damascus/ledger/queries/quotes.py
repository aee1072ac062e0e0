"""Queries on quotes."""

from typing import Any

from damascus.core.records.quotes import Quote, QuoteStatus
from damascus.ledger.queries.base import ReadQueries, TableQueries
from damascus.ledger.tables.quotes import quotes


class QuoteReads(ReadQueries[Quote]):
    table = quotes
    row = Quote

    async def of_mission(self, mission_id: str) -> list[Quote]:
        """Return a mission's quotes, oldest first."""
        return await self._select({"mission_id": mission_id}, "id")


class QuoteQueries(QuoteReads, TableQueries[Quote]):
    async def decide(self, id: str, after: QuoteStatus, ceiling: int | None = None) -> bool:
        """Sign or deny an open quote; returns False if it was decided before."""
        values: dict[str, Any] = {"status": after, "decided_at": self._now}
        values |= {"ceiling": ceiling} if ceiling is not None else {}
        return await self._update({"id": id, "status": QuoteStatus.OPEN}, **values) == 1
