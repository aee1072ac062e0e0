"""Policies: rules the CEO may change while the company works."""

from fastapi import APIRouter

from damascus.api import schemas
from damascus.office.dependencies import CompanyDep, Reading
from damascus.work import policies

router = APIRouter(tags=["policies"])


@router.get("")
async def read_all(tx: Reading) -> schemas.Policies:
    """Return every policy with its value."""
    return await policies.read_all(tx)


@router.put("/{key}")
async def write(key: str, new: schemas.PolicyUpdate, company: CompanyDep) -> schemas.Policies:
    """Set a policy; it holds from the next step on."""
    async with company.outbox.transaction() as tx:
        await policies.write(tx, key, new.value)
        return await policies.read_all(tx)
