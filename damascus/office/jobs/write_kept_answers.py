"""Writes the answers that a worker could not write before it ended, before its tasks are recovered."""

from damascus.ledger.transaction import Transaction
from damascus.office.jobs.job import Tick
from damascus.work.tasks import answer_spool


async def write_kept_answers(tx: Transaction, tick: Tick) -> int:
    return await answer_spool.write_kept_answers(tx, tick.company.settings)
