"""Policies: rules the CEO may change while the company works."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from damascus.office.deps import CompanyDep, Reading
from damascus.work import policies

router = APIRouter(prefix="/api/policies", tags=["policies"])


class NewValue(BaseModel):
    value: Any


@router.get("")
async def read_all(tx: Reading) -> dict[str, Any]:
    """Every policy with its value."""
    return await policies.read_all(tx)


@router.put("/{key}")
async def write(key: str, new: NewValue, company: CompanyDep) -> dict[str, Any]:
    """Set a policy; it holds from the next step on."""
    async with company.outbox.transaction() as tx:
        await policies.write(tx, key, new.value)
        return await policies.read_all(tx)
