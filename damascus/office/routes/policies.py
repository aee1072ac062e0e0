"""Policies: rules the CEO may change while the company works."""

import asyncio
from pathlib import Path

from fastapi import APIRouter

from damascus.api import schemas
from damascus.core.events import EventKind
from damascus.office.dependencies import CompanyDep, Reading
from damascus.staff.playbooks import list_playbooks as known_playbooks
from damascus.work import policies

router = APIRouter(tags=["policies"])
playbooks = APIRouter(tags=["playbooks"])
MAX_CHANGES = 500  # of all policies, in which those of one are looked for


@router.get("")
async def read_all(tx: Reading) -> schemas.Policies:
    """Return every policy with its value."""
    return await policies.read_all(tx)


@router.get("/{key}")
async def show(key: str, tx: Reading) -> schemas.PolicyDetail:
    """Return a policy with its default, what it may be, and how it was changed."""
    kind = policies.schema_of(key)
    changes = await tx.events.page({"kind": EventKind.POLICY.value}, limit=MAX_CHANGES)
    history = [
        schemas.PolicyChange(
            seq=row.seq, at=row.created_at, before=row.payload["before"], after=row.payload["after"]
        )
        for row in reversed(changes) if row.payload.get("key") == key
    ]  # fmt: skip
    return schemas.PolicyDetail(
        key=key, value=(await policies.read_all(tx))[key], default=kind().model_dump(mode="json"),
        about=" ".join((kind.__doc__ or "").split()), form=kind.model_json_schema(), history=history,
    )  # fmt: skip


@router.put("/{key}")
async def write(key: str, new: schemas.PolicyUpdate, company: CompanyDep) -> schemas.Policies:
    """Set a policy; it holds from the next step on."""
    async with company.outbox.transaction() as tx:
        await policies.write(tx, key, new.value)
        return await policies.read_all(tx)


@playbooks.get("")
async def list_playbooks(tx: Reading) -> schemas.Page[schemas.Playbook]:
    """Return the playbooks of the company, each with what missions by it cost and took on average."""
    past = await tx.missions.past_of_playbooks()
    items = []
    for name, suits in await asyncio.to_thread(known_playbooks, Path.cwd()):
        figures = past.get(name)
        shown = schemas.PlaybookPast(n=figures[0], cost_microusd=figures[1], seconds=figures[2]) if figures else None
        items.append(schemas.Playbook(name=name, suits=suits, past=shown))
    return schemas.Page(items=items)
