"""The CEO's desk: questions, permissions and budgets that tasks are parked for, and what the CEO decides."""

from typing import Any

from damascus.core.errors import Conflict, Invalid
from damascus.core.events import BudgetMoved, EventKind
from damascus.core.ids import new_id
from damascus.core.messages import Message, MessageType
from damascus.core.money import format_usd
from damascus.core.records.budgets import BudgetChange
from damascus.core.records.desk_items import DeskItem, DeskItemKind, DeskItemStatus
from damascus.core.records.tasks import Task
from damascus.ledger.transaction import Transaction
from damascus.work import event_log
from damascus.work.budget.limits import DAY_PREFIX, MAX_LIMIT_MICROUSD, LimitReached
from damascus.work.tasks import tasks


async def ask(tx: Transaction, task: Task, turn_id: str, question: str) -> DeskItem:
    """Put a task's question on the desk and park the task until it is answered."""
    await tx.turns.mark_waiting(turn_id)
    approval = await _put(tx, DeskItemKind.QUESTION, task, question, turn_id=turn_id)
    await tasks.park(tx, task, f"question {approval.id}")
    return approval


async def post_question(tx: Transaction, task: Task, question: str) -> DeskItem:
    """Put a question on the desk that no task waits for."""
    return await _put(tx, DeskItemKind.QUESTION, task, question)


async def withdraw(tx: Transaction, id: str, why: str) -> None:
    """Take a question off the desk that nobody needs to answer any more; nothing when it is closed."""
    approval = await tx.desk_items.get(id)
    if approval.status == DeskItemStatus.OPEN:
        await _decide(tx, approval, DeskItemStatus.EXPIRED, why)


async def ask_permission(tx: Transaction, task: Task, turn_id: str, tool: str, arguments: Any) -> DeskItem:
    """Put a tool call that a policy holds back on the desk and park the task."""
    await tx.turns.mark_waiting(turn_id)
    text = f"May {task.role} use {tool}? {str(arguments)[:2000]}"
    approval = await _put(tx, DeskItemKind.PERMISSION, task, text, turn_id=turn_id, detail={"tool": tool})
    await tasks.park(tx, task, f"permission {approval.id}")
    return approval


async def request_budget(tx: Transaction, task: Task, reached: LimitReached) -> None:
    """Park a task whose next call does not fit; one request per mission and limit lies on the desk."""
    await tx.budgets.lock([reached.scope])  # of two who ask at once one asks, and who asks is not overtaken by a raise
    await tasks.park(tx, task, budget_park_reason(reached.scope))
    budget = await tx.budgets.get(reached.scope)
    if budget.limit > reached.limit and budget.spent + reached.need <= budget.limit:
        await tasks.wake(tx, task.id)  # it was raised meanwhile, and whoever raised it did not see this task
        return
    on_desk = [a.detail["scope"] for a in await tx.desk_items.open_of_kind(DeskItemKind.BUDGET, task.mission_id)]
    if reached.scope not in on_desk:
        amount = max(2 * reached.limit, reached.spent + 2 * reached.need)
        text = f"{reached}. Raise the limit to {format_usd(amount)}?"
        await _put(tx, DeskItemKind.BUDGET, task, text, amount=amount, detail={"scope": reached.scope})
        moved = BudgetMoved(scope=reached.scope, spent=reached.spent, limit=reached.limit, what=BudgetChange.REACHED)
        tx.events.append(EventKind.BUDGET, task.role, moved, task.mission_id, task.id)


def budget_park_reason(scope: str) -> str:
    return f"budget {scope}"


async def answer(tx: Transaction, id: str, text: str) -> DeskItem:
    """Answer a question; its task goes on. Raises Conflict when it is closed, Invalid when it is no question."""
    approval = await tx.desk_items.get(id)
    if approval.kind != DeskItemKind.QUESTION:
        raise Invalid(f"{id} is a {approval.kind} request: approve or deny it")
    await _decide(tx, approval, DeskItemStatus.ANSWERED, text)
    await _resume(tx, approval, f"The CEO answers: {text}")
    return approval


async def approve(tx: Transaction, id: str, limit: int | None = None) -> DeskItem:
    """Grant a permission, or raise a budget to `limit` micro-USD (default: what was asked for)."""
    approval = await tx.desk_items.get(id)
    if approval.kind == DeskItemKind.QUESTION:
        raise Invalid(f'{id} is a question: answer it with `ceo answer {id} "TEXT"`')
    if approval.status != DeskItemStatus.OPEN:
        raise Conflict(f"{id} is {approval.status} already")
    if approval.kind == DeskItemKind.BUDGET:
        await set_limit(tx, approval.detail["scope"], limit or approval.amount, approval.mission_id)
        return approval
    await _decide(tx, approval, DeskItemStatus.GRANTED, None)
    if approval.turn_id and approval.task_id:
        await tx.turns.reopen(approval.turn_id)
        await tasks.wake(tx, approval.task_id)
    return approval


async def deny(tx: Transaction, id: str, why: str | None = None) -> DeskItem:
    """Say no: a held-back call gets that as its result; a denied budget leaves its tasks parked."""
    approval = await tx.desk_items.get(id)
    await _decide(tx, approval, DeskItemStatus.DENIED, why)
    if approval.kind != DeskItemKind.BUDGET:
        await _resume(tx, approval, f"The CEO says no{f': {why}' if why else ''}. Go on without it.")
    return approval


async def set_limit(tx: Transaction, scope: str, limit: int, mission_id: str | None = None) -> None:
    """Set a limit, close what asked for it, and wake every task that was parked for it, asked or denied.

    Who waits for the money of a day that is over is held against today's, and wakes with it.
    """
    budget = await tx.budgets.get(scope)
    if limit > MAX_LIMIT_MICROUSD:
        raise Invalid(f"a limit is at most {format_usd(MAX_LIMIT_MICROUSD)}")
    if limit < budget.spent:
        raise Invalid(f"{format_usd(limit)} is less than the {format_usd(budget.spent)} already spent")
    await tx.budgets.set_limit(scope, limit)
    moved = BudgetMoved(scope=scope, spent=budget.spent, limit=limit, what=BudgetChange.RAISED)
    tx.events.append(EventKind.BUDGET, "ceo", moved, mission_id)
    waits = budget_park_reason(DAY_PREFIX if scope.startswith(DAY_PREFIX) else scope)
    for approval in await tx.desk_items.open_of_kind(DeskItemKind.BUDGET):
        if budget_park_reason(approval.detail["scope"]).startswith(waits):
            await _decide(tx, approval, DeskItemStatus.GRANTED, None)
    for task in await tx.tasks.parked():
        if (task.reason or "").startswith(waits):
            await tasks.wake(tx, task.id)


async def _put(
    tx: Transaction, kind: DeskItemKind, task: Task, text: str, *, turn_id: str | None = None, amount: int = 0,
    detail: dict[str, Any] | None = None,
) -> DeskItem:  # fmt: skip
    approval = DeskItem(
        id=new_id("apr"), kind=kind, mission_id=task.mission_id, task_id=task.id, turn_id=turn_id, text=text,
        amount=amount, detail=detail or {}, status=DeskItemStatus.OPEN, answer=None, created_at=tx.now, decided_at=None,
    )  # fmt: skip
    await tx.desk_items.add(approval)
    event_log.desk_changed(tx, approval.id, DeskItemStatus.OPEN, task.mission_id, task.id, text)
    context = {"mission_id": task.mission_id, "task_id": task.id, "approval_id": approval.id}
    await tx.messages.post(
        Message(sender=task.role, to="ceo", type=MessageType.QUESTION, content=text, context=context)
    )
    return approval


async def _decide(tx: Transaction, approval: DeskItem, status: DeskItemStatus, answer: str | None) -> None:
    if not await tx.desk_items.decide(approval.id, status, answer, tx.now):
        raise Conflict(f"{approval.id} is {approval.status} already")
    event_log.desk_changed(tx, approval.id, status, approval.mission_id, approval.task_id, answer or status)


async def _resume(tx: Transaction, approval: DeskItem, result: str) -> None:
    if approval.turn_id and approval.task_id:
        await tx.turns.finish(approval.turn_id, result, tx.now)
        await tasks.wake(tx, approval.task_id)
