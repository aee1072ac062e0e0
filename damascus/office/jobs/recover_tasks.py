"""Queues again the tasks whose worker died: their lease ran out."""

from damascus.ledger.transaction import Transaction
from damascus.office.jobs.job import Tick
from damascus.work.tasks import recovery


async def recover_tasks(tx: Transaction, tick: Tick) -> int:
    return 0 if tick.in_grace_period else await recovery.recover_expired(tx, tick.company.settings)
