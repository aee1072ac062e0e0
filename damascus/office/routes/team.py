"""The staff."""

from datetime import timedelta

from fastapi import APIRouter

from damascus.office import views
from damascus.office.deps import CompanyDep, Reading

router = APIRouter(prefix="/api/team", tags=["team"])
ALIVE = timedelta(seconds=30)


@router.get("")
async def team(company: CompanyDep, tx: Reading) -> views.Page[views.MemberView]:
    """Who is on the staff, who is at work, on what, and what each has cost."""
    spent = {s.of: s.cost for s in await tx.usage.by("role")}
    items = []
    for row in await tx.agents.list():
        busy = await tx.tasks.active_of_role(row.role)
        alive = row.seen_at is not None and company.clock.now() - row.seen_at < ALIVE
        items.append(
            views.MemberView(
                id=row.id,
                name=row.name,
                title=row.title,
                role=row.role,
                worker=row.worker,
                alive=alive,
                seen_at=row.seen_at,
                working_on=[task.title for task in busy],
                spent_microusd=spent.get(row.role, 0),
            )
        )
    return views.Page(items=items)
