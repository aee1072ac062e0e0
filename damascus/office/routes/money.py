"""What was spent, held and allowed."""

from fastapi import APIRouter

from damascus.ledger.repositories.usage import Spend
from damascus.ledger.tables.budgets import Budget
from damascus.office import views
from damascus.office.deps import CompanyDep, Reading
from damascus.work.budget import COMPANY, micro, mission_scope

router = APIRouter(prefix="/api/money", tags=["money"])
MISSIONS = 50


@router.get("")
async def money(company: CompanyDep, tx: Reading) -> views.MoneyView:
    """The company's, today's and the newest missions' limits; spend per agent and model."""
    day = f"day:{company.clock.now().date().isoformat()}"
    missions = [mission_scope(row.id) for row in await tx.missions.list(limit=MISSIONS)]
    rows = {row.scope: row for row in await tx.budgets.list(COMPANY, day, *missions)}
    limit = micro(company.settings.budget.day)
    today = _budget(rows[day]) if day in rows else _empty(day, limit)
    return views.MoneyView(
        company=_budget(rows[COMPANY]),
        day=today,
        missions=[_budget(rows[scope]) for scope in missions if scope in rows],
        agents=[_spend(s) for s in await tx.usage.by("agent")],
        models=[_spend(s) for s in await tx.usage.by("model")],
    )


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
