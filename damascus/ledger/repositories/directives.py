"""Queries on directives."""

from damascus.ledger.repositories.base import Repository, page
from damascus.ledger.tables.directives import Directive, directives


class Directives(Repository[Directive]):
    table = directives
    row = Directive

    async def list(self, after: str | None = None, limit: int = 100) -> list[Directive]:
        return await self._all(page(self._select(), directives.c.id, after, limit))
