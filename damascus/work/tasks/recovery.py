"""Recovery in plain code: tasks whose worker died go back to the queue, and its model calls are charged."""

from datetime import timedelta

from damascus.core.records.tasks import Task
from damascus.core.settings import Settings
from damascus.ledger.transaction import Transaction
from damascus.work.budget import settlement
from damascus.work.tasks import tasks


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
        if await tasks.requeue(tx, task, why):
            await settlement.charge_lost_calls_of(tx, task, settings)
            count += 1
    return count
