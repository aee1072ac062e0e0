"""Missions: list, show, cancel, raise the limit."""

from fastapi import APIRouter

from damascus.office import missions_view, views
from damascus.office.deps import CompanyDep, Limit, Reading
from damascus.work import desk
from damascus.work.budget.limits import mission_scope
from damascus.work.tasks import missions

router = APIRouter(prefix="/api/missions", tags=["missions"])


@router.get("")
async def list_missions(
    company: CompanyDep, tx: Reading, after: str | None = None, limit: Limit = 50
) -> views.Page[views.MissionView]:
    """Newest first."""
    rows = await tx.missions.list(after, limit)
    items = [await missions_view.brief(tx, row, company) for row in rows]
    return views.Page(items=items, next=rows[-1].id if len(rows) == limit else None)


@router.get("/{name}")
async def show(name: str, company: CompanyDep, tx: Reading) -> views.MissionDetail:
    """A mission by id or slug, with all that belongs to it."""
    return await missions_view.detail(tx, await missions_view.find(tx, name), company)


@router.get("/{name}/tasks")
async def list_tasks(name: str, tx: Reading) -> views.Page[views.TaskView]:
    """A mission's tasks in the order they were made."""
    mission = await missions_view.find(tx, name)
    return views.Page(items=await missions_view.tasks(tx, mission.id))


@router.post("/{name}/cancel")
async def cancel(name: str, company: CompanyDep) -> views.MissionDetail:
    """Stop a mission; every agent stops before its next step."""
    async with company.outbox.transaction() as tx:
        mission = await missions_view.find(tx, name)
        cancelled = await missions.cancel(tx, mission.id, "ceo")
        return await missions_view.detail(tx, cancelled, company)


@router.post("/{name}/budget")
async def set_budget(name: str, new: views.NewLimit, company: CompanyDep) -> views.MissionDetail:
    """Set the mission's limit; what was parked for money goes on."""
    async with company.outbox.transaction() as tx:
        mission = await missions_view.find(tx, name)
        await desk.set_limit(tx, mission_scope(mission.id), new.limit_microusd, mission.id)
        return await missions_view.detail(tx, mission, company)
