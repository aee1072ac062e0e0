"""Recovery in plain code: tasks whose worker died go back to the queue, and its model calls are charged.


A task may be what kills its worker. So recoveries since its last turn are counted: after the first it runs alone
(agents/hooks/isolation.py), and the third fails it. Other tasks' calls are charged for it at most once.
"""

from dataclasses import replace
from datetime import timedelta

from damascus.core.records.tasks import Task, TaskStatus
from damascus.core.settings import Settings
from damascus.ledger.transaction import Transaction
from damascus.work import event_log
from damascus.work.budget import settlement
from damascus.work.tasks import missions, tasks

MAX_RECOVERIES = 3


async def recover_expired(tx: Transaction, settings: Settings) -> int:
    """Requeue every task whose lease expired. Returns how many."""
    latest = tx.now + 2 * timedelta(seconds=settings.limits.lease)
    return await _recover(tx, await tx.tasks.expired(tx.now, latest), "its lease ran out", settings)


async def recover_tasks_of(tx: Transaction, worker: str, settings: Settings) -> int:
    """Requeue the tasks that an earlier process of this worker's name had claimed. Returns how many.

    Only a worker that just started may call it: no two processes share a name, so the earlier one is dead.
    """
    leased = await tx.tasks.leased_by(worker)
    return await _recover(tx, leased, f"{worker} was restarted", settings)


async def hand_back(tx: Transaction, worker: str, settings: Settings) -> int:
    """Requeue the tasks of a worker that stops in good order: none of them is to blame. Returns how many."""
    count = 0
    for task in await tx.tasks.leased_by(worker):
        if await tasks.requeue(tx, task, f"{worker} was stopped"):
            await settlement.charge_lost_calls_of(tx, task, settings)
            count += 1
    return count


async def charge_orphaned_calls(tx: Transaction, settings: Settings) -> int:
    """Charge the model calls that were cut off when their task ended, and that no worker reported. Returns how many."""
    before = tx.now - timedelta(seconds=2 * settings.model.timeout)
    count = 0
    for row in await tx.reservations.orphaned(before):
        role = (await tx.tasks.get(row.task_id)).role
        count += await settlement.charge_lost_call(tx, row.id, role, settings)
    return count


async def _recover(tx: Transaction, rows: list[Task], why: str, settings: Settings) -> int:
    count = 0
    for task in rows:
        waited = task.recoveries > 0 and task.status == TaskStatus.CLAIMED  # for its turn to be tried alone
        recoveries = task.recoveries + (not waited)
        if not await tasks.take_back(tx, task, recoveries):
            continue
        await settlement.charge_lost_calls_of(tx, task, settings)
        back = replace(task, status=TaskStatus.QUEUED, lease_owner=None, lease_until=None, recoveries=recoveries)
        if recoveries < MAX_RECOVERIES:
            event_log.task_changed(tx, task, TaskStatus.QUEUED, "office", why)
            await tasks.assign(tx, back)
        else:
            reason = f"its worker died with it {recoveries} times and it got no further, last because {why}"
            await missions.fail_task(tx, back, reason)
        count += 1
    return count
