"""The CEO's desk."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from damascus.api import schemas
from damascus.ledger.transaction import ReadTransaction
from damascus.office import serializers
from damascus.office.dependencies import CompanyDep, PagingDep, Reading
from damascus.work import desk

router = APIRouter(tags=["desk"])


@router.get("")
async def list_items(
    tx: Reading,
    paging: PagingDep,
    status: Annotated[Literal["open", "decided"], Query(description="what waits, or what is decided")] = "open",
) -> schemas.Page[schemas.DeskItem]:
    """Return what waits for the CEO, or what was decided, newest first."""
    find = tx.desk_items.open if status == "open" else tx.desk_items.decided
    rows = await find(paging.after, paging.fetched)
    items = [await serializers.desk_item(tx, row) for row in paging.cut(rows)]
    return schemas.Page(items=items, next=paging.next([row.id for row in rows]))


@router.get("/{id}")
async def show(id: str, tx: Reading) -> schemas.DeskItem:
    """Return a request, also one that is decided."""
    return await _item(tx, id)


@router.post("/decisions")
async def decide(body: schemas.Decisions, company: CompanyDep) -> schemas.Page[schemas.DeskItem]:
    """Decide several requests together; if one of them cannot be decided, none is."""
    async with company.outbox.transaction() as tx:
        for one in body.decisions:
            if one.verb == "answer":
                await desk.answer(tx, one.id, one.text or "")
            elif one.verb == "approve":
                await desk.approve(tx, one.id, one.limit_microusd)
            else:
                await desk.deny(tx, one.id, one.reason)
        return schemas.Page(items=[await _item(tx, one.id) for one in body.decisions])


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
