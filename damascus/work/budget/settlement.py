"""Counting what calls cost: an answered call at its cost, a lost one at its worst case, in micro-USD.

A call whose answer was lost may have been billed by the provider. An answered call is counted in full, also above what
was reserved for it: whether its figure is credible was decided before (`llm/prices.py`). What has passed a limit that
way stops at the next reservation.
"""

import logging
from collections.abc import Sequence
from functools import partial

from damascus.core.events import BudgetMoved, EventKind
from damascus.core.ids import new_id
from damascus.core.messages import Message, MessageType
from damascus.core.money import format_amount, format_usd
from damascus.core.records.budgets import Budget, BudgetChange, BudgetUnit, PriceKind, Reservation, unit_of
from damascus.core.records.tasks import Task
from damascus.core.records.usage import CallCost, Usage
from damascus.core.settings import Settings
from damascus.ledger.transaction import Transaction
from damascus.work.budget.limits import free_scopes, scopes_of

log = logging.getLogger(__name__)

SEARCHES = "search: "  # before a provider's name, where the accounts have a model's
EMBEDDINGS = "embeddings: "  # before the name of a model that makes them


async def settle(tx: Transaction, reservation: str, task: Task, cost: CallCost, settings: Settings) -> bool:
    """Charge an answered call; tell the CEO if its server's figure was not believed, or a limit was passed.

    Returns False if it was charged before, by another worker that took the task over.
    """
    reserved = await tx.reservations.take(reservation)
    if reserved is None:
        return False
    if cost.disbelieved is not None and not await tx.usage.has_disbelieved(task.mission_id, cost.model):
        await _tell(tx, task.mission_id, _disbelieved(cost))
    await tx.usage.add(
        Usage(
            id=new_id("use"), mission_id=task.mission_id, task_id=task.id, role=task.role, model=cost.model,
            input_tokens=cost.input_tokens, output_tokens=cost.output_tokens, cost=cost.cost_microusd,
            price_known=cost.price_known, answered=True, created_at=tx.now,
            disbelieved=cost.disbelieved, asked_at=reserved.created_at, cached_tokens=cost.cached_tokens,
        )
    )  # fmt: skip
    await _settle(tx, reserved, cost.cost_microusd, settings, cost.input_tokens + cost.output_tokens)
    await tx.model_paces.answered(cost.model)
    return True


async def release(tx: Transaction, reservation: str, settings: Settings) -> None:
    """Release what was reserved for a call that certainly cost nothing."""
    reserved = await tx.reservations.take(reservation)
    if reserved is not None:
        await give_back(tx, reserved, settings)


async def give_back(tx: Transaction, reserved: Reservation, settings: Settings) -> None:
    """Release all that is reserved for a call which is not made."""
    await _settle(tx, reserved, 0, settings, None)


async def charge_lost_call(tx: Transaction, reservation: str, role: str, settings: Settings) -> bool:
    """Charge a call whose response was lost at what was reserved for it. Returns False if it was charged before."""
    reserved = await tx.reservations.take(reservation)
    if reserved is None:
        return False
    await tx.usage.add(
        Usage(
            id=new_id("use"), mission_id=reserved.mission_id, task_id=reserved.task_id, role=role,
            model=reserved.model, input_tokens=0, output_tokens=0, cost=reserved.amount,
            price_known=reserved.price != PriceKind.ASSUMED, answered=False, created_at=tx.now,
            asked_at=reserved.created_at,
        )
    )  # fmt: skip
    await _settle(tx, reserved, reserved.amount, settings, reserved.tokens)
    return True


async def charge_lost_calls_of(tx: Transaction, task: Task, settings: Settings) -> None:
    """Charge the calls that a dead worker left in flight for a task."""
    for row in await tx.reservations.of_task(task.id):
        await charge_lost_call(tx, row.id, task.role, settings)


def _disbelieved(cost: CallCost) -> str:
    return (
        f"{cost.model} reports that a call cost {format_usd(cost.disbelieved or 0)}, which cannot be: it is counted at "
        f"its worst case, {format_usd(cost.cost_microusd)}. If it is true, set its price under `models` in config.yaml."
    )


async def _settle(
    tx: Transaction, reserved: Reservation, cost: int, settings: Settings, used_tokens: int | None
) -> None:
    """Count what a call cost and, of a free model, that it was made with so many tokens; None: it was not made."""
    of, day = reserved.mission_id, reserved.day
    if reserved.amount or cost:
        await _count(tx, scopes_of(of, day), reserved, settings, (reserved.amount, cost))
    if reserved.price == PriceKind.FREE:
        made = used_tokens is not None
        await _count(tx, free_scopes(BudgetUnit.CALLS, of, day), reserved, settings, (1, int(made)))
        await _count(
            tx, free_scopes(BudgetUnit.TOKENS, of, day), reserved, settings, (reserved.tokens, used_tokens or 0)
        )


async def _count(
    tx: Transaction, scopes: Sequence[str], reserved: Reservation, settings: Settings, before_after: tuple[int, int]
) -> None:
    amount, cost = before_after
    for budget in await tx.budgets.settle(scopes, amount, cost):
        if cost and budget.spent > budget.limit >= budget.spent - cost:
            await _report(tx, budget, BudgetChange.REACHED, reserved.mission_id)
        elif cost and not budget.warned and budget.spent >= budget.limit * settings.budget.warn_at:
            await _warn(tx, budget, reserved.mission_id)


async def _warn(tx: Transaction, budget: Budget, mission_id: str) -> None:
    if await tx.budgets.warn(budget.scope):
        await _report(tx, budget, BudgetChange.WARNED, mission_id)


async def _report(tx: Transaction, budget: Budget, what: BudgetChange, mission_id: str) -> None:
    moved = BudgetMoved(scope=budget.scope, spent=budget.spent, limit=budget.limit, what=what)
    tx.events.append(EventKind.BUDGET, "office", moved, mission_id)
    of = partial(format_amount, budget.scope)
    text = f"{of(budget.spent)} of {of(budget.limit)} {'is spent' if 'usd' in unit_of(budget.scope) else 'are used'}."
    if what == BudgetChange.REACHED:
        text = f"{text} A call cost more than was reserved for it; no further call is made under this limit."
    await _tell(tx, mission_id, text)


async def _tell(tx: Transaction, mission_id: str, text: str) -> None:
    log.warning("mission %s: %s", mission_id, text)
    context = {"mission_id": mission_id}
    await tx.messages.post(Message(sender="office", to="ceo", type=MessageType.STATUS, content=text, context=context))
