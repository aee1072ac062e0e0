"""What routes are given: the company, transactions on its ledger, and how a list is paged."""

import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Annotated, TypeVar

from fastapi import Depends, Header, Query, Request
from pydantic import Field

from damascus.composition.company import Company
from damascus.composition.forge import choose_forge
from damascus.core.errors import Invalid
from damascus.forge.port import Forge
from damascus.ledger.transaction import ReadTransaction

DEFAULT_PAGE_ITEMS = 100
MAX_PAGE_ITEMS = 500

RowT = TypeVar("RowT")


def get_company(request: Request) -> Company:
    company: Company = request.app.state.company
    return company


def forge_of(company: Company) -> Forge:
    """Return the forge: the office clones what the CEO names, and finds files by their names."""
    return choose_forge(company.settings, company.clock)


def check_text(request: Request) -> None:
    """Refuse a NUL, which not every ledger can be asked for."""
    if "\0" in request.scope["path"] or any("\0" in value for _, value in request.query_params.multi_items()):
        raise Invalid("a name in the address contains a NUL; names are plain text")


CompanyDep = Annotated[Company, Depends(get_company)]


async def reading(company: CompanyDep) -> AsyncIterator[ReadTransaction]:
    async with company.outbox.reading() as tx:
        yield tx


Reading = Annotated[ReadTransaction, Depends(reading)]
IdempotencyKey = Annotated[
    Annotated[str, Field(json_schema_extra={"pattern": "^[A-Za-z0-9_-]{8,50}$"})] | None,
    Header(description="makes it once only"),
]
_KEY = re.compile(r"[A-Za-z0-9_-]{8,50}")


def check_key(key: str | None) -> None:
    """Raise Invalid if an Idempotency-Key is not one."""
    if key is not None and not _KEY.fullmatch(key):
        raise Invalid("an Idempotency-Key has 8 to 50 letters, digits, _ or -")


Limit = Annotated[int, Query(ge=1, le=MAX_PAGE_ITEMS, description="at most so many items")]


@dataclass(frozen=True, slots=True)
class Paging:
    """Which page of a list is asked for: at most `limit` items, those behind the one with the id `after`."""

    limit: int
    after: str | None

    @property
    def fetched(self) -> int:
        """One row more than the page shows: whether there is one tells whether there is another page."""
        return self.limit + 1

    def cut(self, rows: Sequence[RowT]) -> list[RowT]:
        """Return the page's rows of those that were fetched."""
        return list(rows[: self.limit])

    def next(self, ids: Sequence[str]) -> str | None:
        """Return what the next page comes `after`, from the ids that were fetched; None if there is no other page."""
        return ids[self.limit - 1] if len(ids) > self.limit else None


def _paging(limit: Limit = DEFAULT_PAGE_ITEMS, after: str | None = None) -> Paging:
    return Paging(limit, after)


PagingDep = Annotated[Paging, Depends(_paging)]
