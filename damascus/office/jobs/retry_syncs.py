"""Tries what waits for the forge once the company has started: who restarts it has often fixed something."""

from damascus.ledger.transaction import Transaction
from damascus.office.jobs.job import Tick
from damascus.work.delivery import sync_state


async def retry_syncs(tx: Transaction, tick: Tick) -> int:
    return await sync_state.retry_now(tx) if tick.is_first else 0
