"""What was spent, held and allowed; the limits of the company and of today."""

from typing import Literal

from fastapi import APIRouter

from damascus.core.records.budgets import Budget
from damascus.ledger.queries.usage import Spend
from damascus.office import views
from damascus.office.deps import CompanyDep, Reading
from damascus.work import desk
from damascus.work.budget.budget import COMPANY, MAX_LIMIT_MICROUSD, day_scope, micro, mission_scope

router = APIRouter(prefix="/api/money", tags=["money"])
MISSIONS = 50


@router.get("")
async def money(company: CompanyDep, tx: Reading) -> views.MoneyView:
    """The company's, today's and the newest missions' limits; spend per agent and model."""
    day = day_scope(company.clock.now().date())
    missions = [mission_scope(row.id) for row in await tx.missions.list(limit=MISSIONS)]
    rows = {row.scope: row for row in await tx.budgets.list(COMPANY, day, *missions)}
    limit = micro(company.settings.budget.day)
    today = _budget(rows[day]) if day in rows else _empty(day, limit)
    return views.MoneyView(
        company=_budget(rows[COMPANY]),
        day=today,
        missions=[_budget(rows[scope]) for scope in missions if scope in rows],
        agents=[_spend(s) for s in await tx.usage.by("role")],
        models=[_spend(s) for s in await tx.usage.by("model")],
    )


@router.post("/{what}")
async def set_limit(what: Literal["company", "day"], new: views.NewLimit, company: CompanyDep) -> views.BudgetView:
    """Set the company's or today's limit; what was parked for money goes on."""
    async with company.outbox.transaction() as tx:
        scope = day_scope(tx.now.date()) if what == "day" else COMPANY
        await tx.budgets.ensure(scope, min(new.limit_microusd, MAX_LIMIT_MICROUSD), tx.now)
        await desk.set_limit(tx, scope, new.limit_microusd)
        return _budget(await tx.budgets.get(scope))


def _budget(row: Budget) -> views.BudgetView:
    return views.BudgetView(
        scope=row.scope, spent_microusd=row.spent, reserved_microusd=row.reserved, limit_microusd=row.limit
    )


def _empty(scope: str, limit: int) -> views.BudgetView:
    return views.BudgetView(scope=scope, spent_microusd=0, reserved_microusd=0, limit_microusd=limit)


def _spend(s: Spend) -> views.SpendView:
    return views.SpendView(
        of=s.of, calls=s.calls, input_tokens=s.input_tokens, output_tokens=s.output_tokens,
        cost_microusd=s.cost, unknown_prices=s.unknown_prices,
    )  # fmt: skip
