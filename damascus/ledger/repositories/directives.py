"""Queries on directives."""

from damascus.ledger.repositories.base import Repository
from damascus.ledger.tables.directives import Directive, directives


class Directives(Repository[Directive]):
    table = directives
    row = Directive

    async def list(self, after: str | None = None, limit: int = 100) -> list[Directive]:
        return await self._page({}, after, limit)
