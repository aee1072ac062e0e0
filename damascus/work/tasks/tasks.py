"""Tasks: their state machine, claims and fencing. Nobody else writes a task's status.

waiting -> queued -> claimed -> working -> checking -> completed
             ^---- lease expired ---'       '-> working (a receipt is missing)
any open state -> failed | cancelled;  working -> parked -> queued;  waiting <-> stopped (a gate said stop)
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from damascus.core.errors import Conflict, LeaseLost
from damascus.core.ids import new_id
from damascus.core.messages import MAX_HOPS, Message, MessageType
from damascus.core.records.roles import PLANNER
from damascus.core.records.tasks import Deliverable, Task, TaskKind, TaskStatus
from damascus.ledger.transaction import Transaction
from damascus.work import event_log

MOVES: dict[TaskStatus, Collection[TaskStatus]] = {
    TaskStatus.STOPPED: (TaskStatus.WAITING,),
    TaskStatus.WAITING: (TaskStatus.STOPPED,),
    TaskStatus.QUEUED: (TaskStatus.WAITING, TaskStatus.PARKED, *TaskStatus.ACTIVE),
    TaskStatus.CLAIMED: (TaskStatus.QUEUED,),
    TaskStatus.WORKING: TaskStatus.ACTIVE,
    TaskStatus.CHECKING: TaskStatus.ACTIVE,
    TaskStatus.PARKED: TaskStatus.ACTIVE,
    TaskStatus.COMPLETED: TaskStatus.ACTIVE,
    TaskStatus.FAILED: TaskStatus.OPEN,
    TaskStatus.CANCELLED: TaskStatus.OPEN,
}


def new_task(mission_id: str, role: str, now: datetime) -> Task:
    """Return a queued task with its other fields empty, not yet written."""
    return Task(
        id=new_id("task"), mission_id=mission_id, key="", kind=TaskKind.WORK, role=role, title="", description="",
        deliverable=Deliverable(), acceptance=[], parent_id=None, parent_turn_id=None, hops=0, status=TaskStatus.QUEUED,
        lease_owner=None, lease_until=None, reason=None, summary=None,
        created_at=now, started_at=None, finished_at=None,
    )  # fmt: skip


async def add(tx: Transaction, task: Task, depends_on: list[str] | None = None, by: str = PLANNER) -> Task:
    """Write a new task with its dependencies, and assign it if it is queued. Returns the task.

    `by` is the role that it comes from.
    """
    await tx.tasks.add(task)
    await tx.tasks.add_dependencies(task.id, depends_on or [])
    event_log.task_changed(tx, task, task.status, by, before="new")
    if task.status == TaskStatus.QUEUED:
        await assign(tx, task, by)
    return task


async def assign(tx: Transaction, task: Task, by: str = PLANNER) -> None:
    """Post an assignment to the role of a queued task. Raises Conflict if it was delegated too often."""
    if task.hops >= MAX_HOPS:
        raise Conflict(f"the task {task.title!r} was delegated {task.hops} times; the maximum is {MAX_HOPS}")
    context = {"mission_id": task.mission_id, "task_id": task.id, "hops": task.hops}
    await tx.messages.post(
        Message(sender=by, to=task.role, type=MessageType.ASSIGNMENT, content=task.title, context=context)
    )


async def claim(tx: Transaction, id: str, owner: str, lease: timedelta) -> Task | None:
    """Claim a queued task for `owner` and return it. Returns None if it is not queued, or no longer."""
    task = await tx.tasks.get(id)
    values: dict[str, Any] = {
        "lease_owner": owner,
        "lease_until": tx.now + lease,
        "started_at": task.started_at or tx.now,
    }
    if not await tx.tasks.transition(id, MOVES[TaskStatus.CLAIMED], TaskStatus.CLAIMED, **values):
        return None
    event_log.task_changed(tx, task, TaskStatus.CLAIMED, task.role)
    return replace(task, status=TaskStatus.CLAIMED, **values)


async def fence(
    tx: Transaction, task: Task, after: TaskStatus = TaskStatus.WORKING, *, got_further: bool = False
) -> None:
    """Make sure, as the first write of every step of a run, that the worker still has the task.

    `got_further`: a turn is written after it, so recoveries are counted from 0 again.
    Raises LeaseLost if it does not.
    """
    values: dict[str, Any] = {"recoveries": 0} if got_further else {}
    if not await tx.tasks.transition(task.id, MOVES[after], after, owner=task.lease_owner or "", **values):
        raise LeaseLost(f"the task {task.id} is no longer {task.lease_owner}'s")


async def end(
    tx: Transaction, task: Task, after: TaskStatus, by: str, *, owner: str | None = None, **values: Any
) -> Task:
    """Move a task to an ended status and return it as it is then.

    Raises:
        LeaseLost: if `owner` is given and does not have the task any more.
        Conflict: if the task has ended before.
    """
    moved = await tx.tasks.transition(
        task.id, MOVES[after], after, owner=owner, lease_owner=None, lease_until=None, finished_at=tx.now, **values
    )
    if not moved:
        raise (
            LeaseLost(f"the task {task.id} is no longer {owner}'s") if owner else Conflict(f"task {task.id} has ended")
        )
    event_log.task_changed(tx, task, after, by, values.get("reason"))
    return replace(task, status=after, **values)


async def park(
    tx: Transaction, task: Task, reason: str, *, waits_for: str | None = None, wake_at: datetime | None = None
) -> None:
    """Park a running task until `wake`, and free its worker.

    `waits_for`: the model whose turn the office wakes it for, as a rule at `wake_at` (model_queue.py).
    Raises LeaseLost if another worker has the task.
    """
    values: dict[str, Any] = {"lease_owner": None, "lease_until": None, "reason": reason}
    values |= {"waits_for": waits_for, "wake_at": wake_at}
    if not await tx.tasks.transition(
        task.id, MOVES[TaskStatus.PARKED], TaskStatus.PARKED, owner=task.lease_owner or "", **values
    ):
        raise LeaseLost(f"the task {task.id} is no longer {task.lease_owner}'s")
    event_log.task_changed(tx, task, TaskStatus.PARKED, task.role, reason)


async def stop(tx: Transaction, task: Task, reason: str) -> None:
    """Stop a task that waits for others: it does not begin when these are done. Nothing if it does not wait."""
    if await tx.tasks.transition(task.id, MOVES[TaskStatus.STOPPED], TaskStatus.STOPPED, reason=reason):
        event_log.task_changed(tx, task, TaskStatus.STOPPED, PLANNER, reason)


async def release(tx: Transaction, task: Task) -> None:
    """Let a stopped task wait for others again. Nothing if it is not stopped."""
    if await tx.tasks.transition(task.id, MOVES[TaskStatus.WAITING], TaskStatus.WAITING, reason=None):
        event_log.task_changed(tx, task, TaskStatus.WAITING, PLANNER)


async def wake(tx: Transaction, id: str, turn_at: datetime | None = None) -> bool:
    """Requeue a parked task; `turn_at`: when it is its turn at the model that it waits for.

    Returns False if it is not parked.
    """
    task = await tx.tasks.get(id)
    values: dict[str, Any] = {"reason": None, "wake_at": turn_at}
    values |= {} if turn_at is not None else {"waits_for": None}
    if not await tx.tasks.transition(id, [TaskStatus.PARKED], TaskStatus.QUEUED, **values):
        return False
    event_log.task_changed(tx, task, TaskStatus.QUEUED, PLANNER)
    await assign(tx, task)
    return True


async def requeue(tx: Transaction, task: Task, why: str) -> bool:
    """Put a task back into the queue, because its worker is gone. Returns False as `take_back` does."""
    if not await take_back(tx, task, task.recoveries):
        return False
    event_log.task_changed(tx, task, TaskStatus.QUEUED, "office", why)
    await assign(tx, task)
    return True


async def take_back(tx: Transaction, task: Task, recoveries: int) -> bool:
    """Queue a task whose worker is gone, without a message to its role; `recoveries`: see Task.

    Returns False if the worker is alive after all: it renewed the lease, which is compared in the same statement.
    """
    owner, until = task.lease_owner or "", task.lease_until
    return await tx.tasks.transition(
        task.id, TaskStatus.ACTIVE, TaskStatus.QUEUED, owner=owner, until=until, lease_owner=None, lease_until=None,
        recoveries=recoveries,
    )  # fmt: skip
