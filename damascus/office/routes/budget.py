"""What was spent, reserved and allowed; the limits of the company and of today."""

from fastapi import APIRouter

from damascus.api import schemas
from damascus.core.errors import Conflict, Invalid
from damascus.core.money import to_microusd
from damascus.core.records.budgets import FREE_UNITS, Budget, BudgetUnit
from damascus.core.settings import Settings
from damascus.ledger.transaction import Transaction
from damascus.office import serializers
from damascus.office.dependencies import CompanyDep, Reading
from damascus.work import desk
from damascus.work.budget.limits import (
    COMPANY,
    begin_of_day,
    configured,
    day_scope,
    mission_scope,
    today,
)

router = APIRouter(tags=["budget"])
MAX_MISSIONS = 50


@router.get("")
async def show(company: CompanyDep, tx: Reading) -> schemas.BudgetOverview:
    """Return the company's, today's and the newest missions' limits; spend per role and model."""
    day = day_scope(today(company.clock.now(), company.settings))
    missions = {mission_scope(row.id): row.id for row in await tx.missions.list(limit=MAX_MISSIONS)}
    rows = {row.scope: row for row in await tx.budgets.list(COMPANY, day, *missions)}
    limit = to_microusd(company.settings.budget.day)
    unused = Budget(day, limit, 0, 0, False, tx.now)
    free = await tx.budgets.list(*(f"{unit}:{scope}" for unit in FREE_UNITS for scope in (day, *missions)))
    midnight = begin_of_day(company.clock.now(), company.settings)
    return schemas.BudgetOverview(
        company=serializers.budget(rows[COMPANY], price_known=not await tx.usage.has_assumed()),
        day=serializers.budget(rows.get(day, unused), price_known=not await tx.usage.has_assumed(since=midnight)),
        time_zone=company.settings.budget.time_zone,
        missions=[
            serializers.budget(rows[scope], price_known=not await tx.usage.has_assumed(id))
            for scope, id in missions.items()
            if scope in rows
        ],
        allowances=[serializers.allowance(row) for row in free],
        roles=[serializers.spend(row) for row in await tx.usage.by("role")],
        models=[serializers.spend(row) for row in await tx.usage.by("model")],
    )


async def set_limits(
    tx: Transaction, scope: str, new: schemas.LimitUpdate, settings: Settings, mission_id: str | None = None
) -> None:
    """Set those of a scope's limits that are given. Raises Invalid if it has no such limit, or none is given."""
    wanted = {scope: new.limit_microusd, f"{BudgetUnit.CALLS}:{scope}": new.calls}
    wanted[f"{BudgetUnit.TOKENS}:{scope}"] = new.tokens
    given = {name: limit for name, limit in wanted.items() if limit is not None}
    if not given:
        raise Invalid("no limit is given: `limit_microusd`, `calls` or `tokens`")
    if scope == COMPANY and given.keys() != {COMPANY}:
        raise Conflict("calls and tokens are limited for a mission and a day, not for the company")
    for name, limit in given.items():
        if scope != COMPANY:
            await tx.budgets.ensure(name, configured(name, settings), tx.now)
        await desk.set_limit(tx, name, limit, mission_id)


@router.post("/{scope}")
async def set_limit(scope: schemas.Scope, new: schemas.LimitUpdate, company: CompanyDep) -> schemas.Budget:
    """Set the company's or today's limits; tasks parked for them resume."""
    async with company.outbox.transaction() as tx:
        name = day_scope(today(tx.now, company.settings)) if scope == "day" else COMPANY
        await set_limits(tx, name, new, company.settings)
        return serializers.budget(await tx.budgets.get(name))
