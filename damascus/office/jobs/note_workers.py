"""Notes in the log which workers came and which left."""

from damascus.ledger.transaction import Transaction
from damascus.office.jobs.job import Tick
from damascus.work import presence


async def note_workers(tx: Transaction, tick: Tick) -> int:
    return await presence.note_moves(tx, in_grace_period=tick.in_grace_period)
