"""Queries on proposals."""

from datetime import datetime

from damascus.core.records.proposals import Proposal, ProposalStatus
from damascus.ledger.queries.base import ReadQueries, TableQueries
from damascus.ledger.tables.proposals import proposals


class ProposalReads(ReadQueries[Proposal]):
    table = proposals
    row = Proposal

    async def of_directive(self, directive_id: str) -> Proposal | None:
        """Return the proposal of a directive, or None."""
        return await self._one({"directive_id": directive_id})


class ProposalQueries(ProposalReads, TableQueries[Proposal]):
    async def decide(self, id: str, status: ProposalStatus, reason: str | None, now: datetime) -> bool:
        """Close a pending proposal; returns False if it was decided before."""
        pending = {"id": id, "status": ProposalStatus.PENDING}
        return await self._update(pending, status=status, reason=reason, decided_at=now) == 1
