"""What routes are given: the company and transactions on its ledger."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Query, Request
from pydantic import StringConstraints

from damascus.composition.company import Company
from damascus.core.errors import Invalid
from damascus.ledger.transaction import ReadTransaction


def get_company(request: Request) -> Company:
    company: Company = request.app.state.company
    return company


def check_text(request: Request) -> None:
    """Refuse a NUL, which not every ledger can be asked for."""
    if "\0" in request.scope["path"] or any("\0" in value for value in request.query_params.values()):
        raise Invalid("a name in the address contains a NUL; names are plain text")


CompanyDep = Annotated[Company, Depends(get_company)]


async def reading(company: CompanyDep) -> AsyncIterator[ReadTransaction]:
    async with company.outbox.reading() as tx:
        yield tx


Reading = Annotated[ReadTransaction, Depends(reading)]
Limit = Annotated[int, Query(ge=1, le=500, description="at most so many items")]
Words = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$")]
