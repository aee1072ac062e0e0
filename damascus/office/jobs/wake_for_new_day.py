"""Wakes the tasks that were parked for the money of a day that is over: today has its own."""

from damascus.ledger.transaction import Transaction
from damascus.office.jobs.job import Tick
from damascus.work import desk
from damascus.work.budget.limits import today


async def wake_for_new_day(tx: Transaction, tick: Tick) -> int:
    return await desk.begin_day(tx, today(tx.now, tick.company.settings))
