"""The staff."""

from datetime import datetime, timedelta

from fastapi import APIRouter

from damascus.api import schemas
from damascus.core.records.agents import Agent
from damascus.office.dependencies import CompanyDep, Reading

router = APIRouter(tags=["staff"])
ONLINE_SECONDS = 30


@router.get("")
async def list_staff(company: CompanyDep, tx: Reading) -> schemas.Page[schemas.StaffMember]:
    """Return who is on the staff, who is online, at work on what, and what each has cost."""
    spent = {spend.of: spend.cost for spend in await tx.usage.by("role")}
    items = []
    for row in await tx.agents.list():
        busy = await tx.tasks.active_of_role(row.role)
        member = schemas.StaffMember(
            id=row.id,
            name=row.name,
            title=row.title,
            role=row.role,
            worker=row.worker,
            online=is_online(row, company.clock.now()),
            seen_at=row.seen_at,
            working_on=[task.title for task in busy],
            spent_microusd=spent.get(row.role, 0),
        )
        items.append(member)
    return schemas.Page(items=items)


def is_online(row: Agent, now: datetime) -> bool:
    """Return True if the agent's last heartbeat is younger than ONLINE_SECONDS."""
    return row.seen_at is not None and now - row.seen_at < timedelta(seconds=ONLINE_SECONDS)
