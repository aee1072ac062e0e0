"""The queue before a model: tasks that are parked until it is their turn, woken in their order.

The office wakes as many as the model's pace has room for; each has its turn then, and those who come later stand behind
the parked ones. So tasks that waited for the same time do not all ask at once. When it is somebody's turn depends on
the model's pace alone: the time that a parked task shows is what was expected when it was parked.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby

from damascus.core.records.missions import Mission, MissionStatus
from damascus.core.records.tasks import Task
from damascus.ledger.transaction import ReadTransaction, Transaction
from damascus.work.budget.pace import Paces
from damascus.work.tasks import tasks

LONG_WAIT = timedelta(minutes=2)
LOOK_AHEAD = timedelta(seconds=1)  # of the office's look at the queues: who is woken waits for its moment itself


async def park(tx: Transaction, task: Task, model: str, paces: Paces) -> str:
    """Park a running task at the end of a model's queue. Returns what it waits for, in words.

    Raises LeaseLost if another worker has the task.
    """
    wait = await paces.expected(tx, model, await tx.tasks.count_waiting(model))
    reason = f"waits for the model {model} until {_time(wait.until, tx.now)}: {wait.why}"
    await tasks.park(tx, task, reason, waits_for=model, wake_at=wait.until)
    return reason


async def wake_those_whose_turn_it_is(tx: Transaction, paces: Paces) -> int:
    """Wake as many tasks as their models have room for, the first of each queue first. Returns how many."""
    count = 0
    waiting = sorted(await tx.tasks.waiting_for_models(), key=lambda task: task.waits_for or "")  # else as they were
    for model, queue in groupby(waiting, key=lambda task: task.waits_for or ""):
        row = await paces.lock(tx, model)
        apart = paces.apart(row, tx.now)
        for task in queue:
            at = max(tx.now, row.next_at, row.closed_until)
            if at - tx.now > LOOK_AHEAD:
                break
            count += await tasks.wake(tx, task.id, turn_at=at)
            row = replace(row, next_at=at + apart)
        await tx.model_paces.put(row)
    return count


async def wake_now(tx: Transaction, mission_id: str, paces: Paces) -> int:
    """Let the models that a mission's tasks wait for be asked now, by those first. Returns how many tasks waited."""
    waiting = [task for task in await tx.tasks.waiting_for_models() if task.mission_id == mission_id]
    for model in sorted({task.waits_for or "" for task in waiting}):
        await paces.open(tx, model)
        first = next(task for task in waiting if task.waits_for == model)
        await tasks.wake(tx, first.id, turn_at=tx.now)
    return len(waiting)


async def describe(tx: ReadTransaction, mission: Mission, paces: Paces) -> str | None:
    """Return how many tasks of a mission wait for their model, until when and why; None if none does."""
    if mission.status not in MissionStatus.OPEN:
        return None
    waiting = [task for task in await tx.tasks.waiting_for_models() if task.mission_id == mission.id]
    if not waiting:
        return None
    model = waiting[0].waits_for or ""
    wait, count = await paces.expected(tx, model, 0), sum(task.waits_for == model for task in waiting)
    text = f"{count} task{' waits' if count == 1 else 's wait'} for the model {model} until {_time(wait.until, tx.now)}"
    is_long = wait.until - tx.now > LONG_WAIT
    return f"{text}: {wait.why}" + (f"; `ceo wake {mission.slug}` asks it now" if is_long else "")


def _time(at: datetime, now: datetime) -> str:
    """Return a time of day, with its date if that is not today."""
    return f"{at:%H:%M:%S} UTC" if at.date() == now.date() else f"{at:%Y-%m-%d %H:%M} UTC"
