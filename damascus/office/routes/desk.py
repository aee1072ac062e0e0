"""The CEO's desk."""

from fastapi import APIRouter

from damascus.api import schemas
from damascus.ledger.transaction import ReadTransaction
from damascus.office import serializers
from damascus.office.dependencies import CompanyDep, PagingDep, Reading
from damascus.work import desk

router = APIRouter(tags=["desk"])


@router.get("")
async def list_open(tx: Reading, paging: PagingDep) -> schemas.Page[schemas.DeskItem]:
    """Return what waits for the CEO, newest first."""
    rows = await tx.desk_items.open(paging.after, paging.fetched)
    items = [await serializers.desk_item(tx, row) for row in paging.cut(rows)]
    return schemas.Page(items=items, next=paging.next([row.id for row in rows]))


@router.post("/{id}/answer")
async def answer(id: str, body: schemas.AnswerRequest, company: CompanyDep) -> schemas.DeskItem:
    """Answer a question; its task continues."""
    async with company.outbox.transaction() as tx:
        await desk.answer(tx, id, body.text)
        return await _item(tx, id)


@router.post("/{id}/approve")
async def approve(id: str, company: CompanyDep, body: schemas.ApproveRequest | None = None) -> schemas.DeskItem:
    """Permit a tool call, or raise a budget."""
    async with company.outbox.transaction() as tx:
        await desk.approve(tx, id, body.limit_microusd if body else None)
        return await _item(tx, id)


@router.post("/{id}/deny")
async def deny(id: str, company: CompanyDep, body: schemas.DenyRequest | None = None) -> schemas.DeskItem:
    """Deny a request."""
    async with company.outbox.transaction() as tx:
        await desk.deny(tx, id, body.reason if body else None)
        return await _item(tx, id)


async def _item(tx: ReadTransaction, id: str) -> schemas.DeskItem:
    return await serializers.desk_item(tx, await tx.desk_items.get(id))
