"""What routes are given: the company and transactions on its ledger."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Query, Request

from damascus.ledger.transaction import Transaction
from damascus.runtime.company import Company


def get_company(request: Request) -> Company:
    company: Company = request.app.state.company
    return company


CompanyDep = Annotated[Company, Depends(get_company)]


async def reading(company: CompanyDep) -> AsyncIterator[Transaction]:
    async with company.outbox.reading() as tx:
        yield tx


Reading = Annotated[Transaction, Depends(reading)]
Limit = Annotated[int, Query(ge=1, le=500, description="at most so many items")]
