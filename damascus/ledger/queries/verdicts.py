"""Queries on the verdicts of gates."""

from damascus.core.records.gates import StopDecision, TaskVerdict
from damascus.ledger.queries.base import ReadQueries, TableQueries
from damascus.ledger.tables.verdicts import verdicts


class VerdictReads(ReadQueries[TaskVerdict]):
    table = verdicts
    row = TaskVerdict

    async def of_mission(self, mission_id: str) -> list[TaskVerdict]:
        """Return a mission's verdicts, oldest first."""
        return await self._select({"mission_id": mission_id}, "id")


class VerdictQueries(VerdictReads, TableQueries[TaskVerdict]):
    async def decide(self, id: str, decision: StopDecision, by: str) -> bool:
        """Note what follows on an open `stop`; returns False if that was decided before."""
        changed = await self._update(
            {"id": id, "decision": StopDecision.OPEN}, decision=decision, decided_by=by, decided_at=self._now
        )
        return changed == 1
