"""Queries on directives."""

from damascus.core.records.directives import Directive
from damascus.ledger.queries.base import ReadQueries, TableQueries
from damascus.ledger.tables.directives import directives


class DirectiveReads(ReadQueries[Directive]):
    table = directives
    row = Directive

    async def list(self, after: str | None = None, limit: int = 100) -> list[Directive]:
        """Return a page of directives, newest first."""
        return await self._page({}, after, limit)


class DirectiveQueries(DirectiveReads, TableQueries[Directive]):
    """Reads and adds directives; they never change."""
