"""Queries on receipts."""

from damascus.ledger.repositories.base import Repository
from damascus.ledger.tables.receipts import Receipt, receipts


class Receipts(Repository[Receipt]):
    table = receipts
    row = Receipt

    async def of_mission(self, mission_id: str) -> list[Receipt]:
        return await self._some({"mission_id": mission_id}, "id")

    async def of_task(self, task_id: str) -> list[Receipt]:
        return await self._some({"task_id": task_id}, "id")
