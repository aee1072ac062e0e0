"""Queries on receipts."""

from damascus.ledger.repositories.base import Repository
from damascus.ledger.tables.receipts import Receipt, receipts


class Receipts(Repository[Receipt]):
    table = receipts
    row = Receipt

    async def of_mission(self, mission_id: str) -> list[Receipt]:
        return await self._all(self._select(receipts.c.mission_id == mission_id).order_by(receipts.c.id))

    async def of_task(self, task_id: str) -> list[Receipt]:
        return await self._all(self._select(receipts.c.task_id == task_id).order_by(receipts.c.id))
