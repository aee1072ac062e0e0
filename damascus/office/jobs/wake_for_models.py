"""Wakes the tasks whose turn it is at the model that they are parked for."""

from damascus.ledger.transaction import Transaction
from damascus.office.jobs.job import Tick
from damascus.work.budget.pace import Paces
from damascus.work.tasks import model_queue


async def wake_for_models(tx: Transaction, tick: Tick) -> int:
    return await model_queue.wake_those_whose_turn_it_is(tx, Paces(tick.company.settings.models))
