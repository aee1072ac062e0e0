"""Queries on what waits at the CEO's desk."""

from datetime import datetime

from damascus.ledger.repositories.base import Repository, page
from damascus.ledger.tables.approvals import Approval, approvals


class Approvals(Repository[Approval]):
    table = approvals
    row = Approval

    async def open(self, after: str | None = None, limit: int = 100) -> list[Approval]:
        return await self._all(page(self._select(approvals.c.status == "open"), approvals.c.id, after, limit))

    async def open_of_kind(self, kind: str, mission_id: str) -> list[Approval]:
        """What of this kind a mission waits for."""
        where = [approvals.c.mission_id == mission_id, approvals.c.kind == kind, approvals.c.status == "open"]
        return await self._all(self._select(*where))

    async def of_mission(self, mission_id: str) -> list[Approval]:
        return await self._all(self._select(approvals.c.mission_id == mission_id).order_by(approvals.c.id))

    async def of_turn(self, turn_id: str) -> Approval | None:
        found = await self._all(self._select(approvals.c.turn_id == turn_id).order_by(approvals.c.id.desc()).limit(1))
        return found[0] if found else None

    async def decide(self, id: str, status: str, answer: str | None, now: datetime) -> bool:
        """Close an open one; False when it was not open."""
        return await self._change({"id": id, "status": "open"}, status=status, answer=answer, decided_at=now) == 1

    async def expire(self, mission_id: str, now: datetime) -> None:
        """Close all that is open for a mission that ended."""
        await self._change({"mission_id": mission_id, "status": "open"}, status="expired", decided_at=now)
