"""Queries on proposals."""

from datetime import datetime

from damascus.core.records.proposals import Proposal, ProposalStatus
from damascus.ledger.queries.base import TableQueries
from damascus.ledger.tables.proposals import proposals


class ProposalQueries(TableQueries[Proposal]):
    table = proposals
    row = Proposal

    async def decide(self, id: str, status: ProposalStatus, reason: str | None, now: datetime) -> bool:
        """Close a pending one; False when it was decided before."""
        return (
            await self._update(
                {"id": id, "status": ProposalStatus.PENDING}, status=status, reason=reason, decided_at=now
            )
            == 1
        )

    async def of_directive(self, directive_id: str) -> Proposal | None:
        return await self._one({"directive_id": directive_id})
