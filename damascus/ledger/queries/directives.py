"""Queries on directives."""

from sqlalchemy import Integer, String, and_, bindparam, or_, select

from damascus.core.records.directives import Directive
from damascus.ledger.queries.base import ReadQueries, TableQueries, columns_of
from damascus.ledger.tables.columns import Utc
from damascus.ledger.tables.directives import directives

_c = directives.c
_at = bindparam("at", type_=Utc)
_OLDER = (
    select(*columns_of(directives, Directive))
    .where(or_(_c.created_at < _at, and_(_c.created_at == _at, _c.id < bindparam("id", type_=String))))
    .order_by(_c.created_at.desc(), _c.id.desc())
    .limit(bindparam("limit", type_=Integer))
)


class DirectiveReads(ReadQueries[Directive]):
    table = directives
    row = Directive

    async def list(self, after: str | None = None, limit: int = 100) -> list[Directive]:
        """Return a page of directives, newest first, behind the one `after`; their ids have no order."""
        place = await self.find(after) if after else None
        if place is None:
            return await self._select({}, "-created_at id", limit) if after is None else []
        return await self._fetch(_OLDER, {"at": place.created_at, "id": place.id, "limit": limit})


class DirectiveQueries(DirectiveReads, TableQueries[Directive]):
    """Reads and adds directives; they never change."""
