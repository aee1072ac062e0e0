"""Queries on directives."""

from damascus.core.records.directives import Directive
from damascus.ledger.queries.base import TableQueries
from damascus.ledger.tables.directives import directives


class DirectiveQueries(TableQueries[Directive]):
    table = directives
    row = Directive

    async def list(self, after: str | None = None, limit: int = 100) -> list[Directive]:
        return await self._page({}, after, limit)
