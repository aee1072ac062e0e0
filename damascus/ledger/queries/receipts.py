"""Queries on receipts."""

from damascus.core.records.receipts import Receipt
from damascus.ledger.queries.base import ReadQueries, TableQueries
from damascus.ledger.tables.receipts import receipts


class ReceiptReads(ReadQueries[Receipt]):
    table = receipts
    row = Receipt

    async def of_mission(self, mission_id: str) -> list[Receipt]:
        """Return a mission's receipts, oldest first."""
        return await self._select({"mission_id": mission_id}, "id")

    async def of_task(self, task_id: str) -> list[Receipt]:
        """Return a task's receipts, oldest first."""
        return await self._select({"task_id": task_id}, "id")


class ReceiptQueries(ReceiptReads, TableQueries[Receipt]):
    """Reads and adds receipts; they never change."""
