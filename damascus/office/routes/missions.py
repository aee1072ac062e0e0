"""Missions: list, show, cancel, set the limit."""

from typing import Annotated

from fastapi import APIRouter, Query

from damascus.api import schemas
from damascus.core.errors import Conflict
from damascus.core.records.missions import MissionStatus
from damascus.office import serializers
from damascus.office.dependencies import CompanyDep, IdempotencyKey, PagingDep, Reading, check_key
from damascus.office.routes.budget import set_limits
from damascus.work import redirecting
from damascus.work.budget.limits import mission_scope
from damascus.work.budget.pace import Paces
from damascus.work.delivery import sync_state
from damascus.work.tasks import missions, model_queue

router = APIRouter(tags=["missions"])


@router.get("")
async def list_missions(
    company: CompanyDep,
    tx: Reading,
    paging: PagingDep,
    status: Annotated[list[MissionStatus] | None, Query(description="of these alone")] = None,
    q: Annotated[str, Query(max_length=200, description="what their directives contain, in capitals or not")] = "",
) -> schemas.Page[schemas.Mission]:
    """Return all missions, newest first."""
    rows = await tx.missions.list(paging.after, paging.fetched, sorted(set(status or ())), q.strip())
    items = [await serializers.mission(tx, row, company) for row in paging.cut(rows)]
    return schemas.Page(items=items, next=paging.next([row.id for row in rows]))


@router.get("/{name}")
async def show(name: str, company: CompanyDep, tx: Reading) -> schemas.MissionDetail:
    """Return a mission by id or slug, with all that belongs to it."""
    return await serializers.mission_detail(tx, await serializers.find_mission(tx, name), company)


@router.get("/{name}/tasks")
async def list_tasks(name: str, tx: Reading) -> schemas.Page[schemas.Task]:
    """Return a mission's tasks in the order they were made."""
    mission = await serializers.find_mission(tx, name)
    return schemas.Page(items=await serializers.tasks(tx, mission.id))


@router.post("/{name}/cancel")
async def cancel(name: str, company: CompanyDep) -> schemas.MissionDetail:
    """Stop a mission; every agent stops before its next step."""
    async with company.outbox.transaction() as tx:
        mission = await serializers.find_mission(tx, name)
        cancelled = await missions.cancel(tx, mission.id, "ceo")
        return await serializers.mission_detail(tx, cancelled, company)


@router.post("/{name}/say", status_code=201)
async def say(
    name: str, body: schemas.SayRequest, company: CompanyDep, idempotency_key: IdempotencyKey = None
) -> schemas.Said:
    """Say something to a role of a running mission, or to `all`: they are told before their next step, as an order."""
    check_key(idempotency_key)
    async with company.outbox.transaction() as tx:
        mission = await serializers.find_mission(tx, name)
        roles = {row.role for row in await tx.agents.list()}
        roles |= {row.role for row in await tx.tasks.of_mission(mission.id)}
        row = await redirecting.say(tx, mission, body.to, body.text, roles, idempotency_key)
        return schemas.Said(
            id=row.id, mission_id=mission.id, to=row.recipient, text=row.content, created_at=row.created_at
        )


@router.post("/{name}/wake")
async def wake(name: str, company: CompanyDep) -> schemas.MissionDetail:
    """Ask the models and the forge that the mission waits for now, whatever they said."""
    async with company.outbox.transaction() as tx:
        mission = await serializers.find_mission(tx, name)
        waited = await model_queue.wake_now(tx, mission.id, Paces(company.settings.models))
        if waited + await sync_state.retry_now(tx, mission.id) == 0:
            raise Conflict(
                f"nothing of {mission.slug} waits for a model or for the forge; `ceo show {mission.slug}` says what "
                "its tasks do"
            )
        return await serializers.mission_detail(tx, mission, company)


@router.post("/{name}/budget")
async def set_budget(name: str, new: schemas.LimitUpdate, company: CompanyDep) -> schemas.MissionDetail:
    """Set the limits of a mission that has not ended; tasks parked for them resume."""
    async with company.outbox.transaction() as tx:
        mission = await serializers.find_mission(tx, name)
        mission = await tx.missions.lock(mission.id)  # it may end in this moment
        if mission.status in MissionStatus.ENDED:
            raise Conflict(
                f"the mission {mission.slug} has ended ({mission.status}), so no limit of it counts any more; "
                'give a new directive with `ceo run "..."`'
            )
        await set_limits(tx, mission_scope(mission.id), new, company.settings, mission.id)
        return await serializers.mission_detail(tx, mission, company)
