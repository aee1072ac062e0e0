"""Wakes the tasks that were parked until a time which has come: their model asked to come back later."""

from damascus.ledger.transaction import Transaction
from damascus.office.jobs.job import Tick
from damascus.work.tasks import tasks


async def wake_waiting(tx: Transaction, tick: Tick) -> int:  # noqa: ARG001
    return sum([await tasks.wake(tx, task.id) for task in await tx.tasks.parked_until(tx.now)])
