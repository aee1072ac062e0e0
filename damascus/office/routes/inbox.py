"""The CEO's desk."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from damascus.ledger.transaction import ReadTransaction
from damascus.office import missions_view, views
from damascus.office.deps import CompanyDep, Limit, Reading, Words
from damascus.work import desk

router = APIRouter(prefix="/api/inbox", tags=["inbox"])


class Answer(BaseModel):
    text: Words = Field(min_length=1, max_length=20_000)


class Approve(BaseModel):
    limit_microusd: int | None = Field(default=None, gt=0, description="for a budget: the new limit")


class Deny(BaseModel):
    reason: Words | None = Field(default=None, max_length=2000)


@router.get("")
async def list_open(tx: Reading, after: str | None = None, limit: Limit = 100) -> views.Page[views.ApprovalView]:
    """What waits for the CEO, newest first."""
    rows = await tx.desk_items.open(after, limit)
    items = [await missions_view.approval(tx, row) for row in rows]
    return views.Page(items=items, next=rows[-1].id if len(rows) == limit else None)


@router.post("/{id}/answer")
async def answer(id: str, body: Answer, company: CompanyDep) -> views.ApprovalView:
    """Answer a question; its task goes on."""
    async with company.outbox.transaction() as tx:
        await desk.answer(tx, id, body.text)
        return await _view(tx, id)


@router.post("/{id}/approve")
async def approve(id: str, company: CompanyDep, body: Approve | None = None) -> views.ApprovalView:
    """Permit a tool call, or raise a budget."""
    async with company.outbox.transaction() as tx:
        await desk.approve(tx, id, body.limit_microusd if body else None)
        return await _view(tx, id)


@router.post("/{id}/deny")
async def deny(id: str, company: CompanyDep, body: Deny | None = None) -> views.ApprovalView:
    """Say no."""
    async with company.outbox.transaction() as tx:
        await desk.deny(tx, id, body.reason if body else None)
        return await _view(tx, id)


async def _view(tx: ReadTransaction, id: str) -> views.ApprovalView:
    return await missions_view.approval(tx, await tx.desk_items.get(id))
