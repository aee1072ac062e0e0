"""Charges the model calls that were cut off when their task ended, and whose worker never said so."""

from damascus.ledger.transaction import Transaction
from damascus.office.jobs.job import Tick
from damascus.work.tasks import recovery


async def charge_lost_calls(tx: Transaction, tick: Tick) -> int:
    return await recovery.charge_orphaned_calls(tx, tick.company.settings)
