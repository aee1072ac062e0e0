"""The staff."""

from fastapi import APIRouter

from damascus.api import schemas
from damascus.office.dependencies import CompanyDep, Reading
from damascus.work.staff_health import is_online

router = APIRouter(tags=["staff"])


@router.get("")
async def list_staff(company: CompanyDep, tx: Reading) -> schemas.Page[schemas.StaffMember]:
    """Return who is on the staff, who is online, at work on what, and what each has cost."""
    spent = {spend.of: spend for spend in await tx.usage.by("role")}
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
            spent_microusd=spent[row.role].cost if row.role in spent else 0,
            price_known=row.role not in spent or not spent[row.role].unknown_prices,
        )
        items.append(member)
    return schemas.Page(items=items)
