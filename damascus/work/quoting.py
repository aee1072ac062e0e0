"""How a plan begins: at once, or when the CEO has signed what it costs."""

from damascus.core.money import to_microusd
from damascus.core.records.plan import Plan
from damascus.core.records.quotes import Quote, QuoteStatus
from damascus.core.records.tasks import Task
from damascus.core.settings import LimitsSettings
from damascus.ledger.transaction import Transaction
from damascus.work import desk, policies
from damascus.work.budget.limits import mission_scope
from damascus.work.tasks import missions, quotes


async def start(
    tx: Transaction, task: Task, plan: Plan, limits: LimitsSettings, reason: str | None = None
) -> Quote | None:
    """Complete a planning task with its plan. Returns its quote if it is at the desk now, None if it has begun.

    `reason` says why the plan is not the planner's own.
    """
    mission = await tx.missions.lock(task.mission_id)
    budget = await tx.budgets.get(mission_scope(mission.id))
    above = (await policies.quote(tx)).above_usd
    if not await quotes.is_wanted(tx, mission, budget.limit, None if above is None else to_microusd(above)):
        await missions.start(tx, task, plan, reason)
        return None
    left = max(budget.limit - budget.spent, 0)
    lines = await quotes.estimate(tx, mission, plan, left, limits.seconds_per_task)
    is_first = not await tx.quotes.of_mission(mission.id)
    await missions.start(tx, task, plan, reason, unsigned=quotes.UNSIGNED)
    ceiling = budget.spent + lines.cost.worst
    ceiling = min(ceiling, budget.limit) if is_first else max(ceiling, budget.limit)
    item = await desk.ask_signature(tx, task, lines, ceiling, budget.limit)
    quote = Quote(item.id, mission.id, lines, ceiling, QuoteStatus.OPEN, tx.now, None)
    await tx.quotes.add(quote)
    return quote
