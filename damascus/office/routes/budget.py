"""What was spent, reserved and allowed; the limits of the company and of today."""

from fastapi import APIRouter

from damascus.api import schemas
from damascus.core.money import to_microusd
from damascus.office import serializers
from damascus.office.dependencies import CompanyDep, Reading
from damascus.work import desk
from damascus.work.budget.limits import COMPANY, MAX_LIMIT_MICROUSD, day_scope, mission_scope, today

router = APIRouter(tags=["budget"])
MAX_MISSIONS = 50


@router.get("")
async def show(company: CompanyDep, tx: Reading) -> schemas.BudgetOverview:
    """Return the company's, today's and the newest missions' limits; spend per role and model."""
    day = day_scope(today(company.clock.now(), company.settings))
    missions = [mission_scope(row.id) for row in await tx.missions.list(limit=MAX_MISSIONS)]
    rows = {row.scope: row for row in await tx.budgets.list(COMPANY, day, *missions)}
    limit = to_microusd(company.settings.budget.day)
    unused = schemas.Budget(scope=day, spent_microusd=0, reserved_microusd=0, limit_microusd=limit)
    return schemas.BudgetOverview(
        company=serializers.budget(rows[COMPANY]),
        day=serializers.budget(rows[day]) if day in rows else unused,
        time_zone=company.settings.budget.time_zone,
        missions=[serializers.budget(rows[scope]) for scope in missions if scope in rows],
        roles=[serializers.spend(row) for row in await tx.usage.by("role")],
        models=[serializers.spend(row) for row in await tx.usage.by("model")],
    )


@router.post("/{scope}")
async def set_limit(scope: schemas.Scope, new: schemas.LimitUpdate, company: CompanyDep) -> schemas.Budget:
    """Set the company's or today's limit; tasks parked for it resume."""
    async with company.outbox.transaction() as tx:
        name = day_scope(today(tx.now, company.settings)) if scope == "day" else COMPANY
        await tx.budgets.ensure(name, min(new.limit_microusd, MAX_LIMIT_MICROUSD), tx.now)
        await desk.set_limit(tx, name, new.limit_microusd)
        return serializers.budget(await tx.budgets.get(name))
