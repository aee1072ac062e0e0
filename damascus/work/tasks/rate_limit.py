"""How often one role may write to another, so that two agents who thank each other, or one who floods, come to an end.

Counted from the ledger, per mission and pair of sender and recipient, under the mission's lock in the transaction that
posts: no number of workers can pass the limit together, and a restart forgets nothing.
"""

from datetime import timedelta

from damascus.core.errors import Conflict, Invalid
from damascus.core.records.tasks import Task
from damascus.core.settings import LimitsSettings
from damascus.ledger.transaction import Transaction

RATE_WINDOW = timedelta(minutes=1)


async def check_message_rate(tx: Transaction, task: Task, to: str, limits: LimitsSettings) -> None:
    """Check that a role may write to `to` now.

    Raises:
        Invalid: if it would write to itself.
        Conflict: if it wrote to `to` as often within a minute as it may.
    """
    if to == task.role:
        raise Invalid(f"{to!r} is you: keep what you want to remember on the trail, and do your own work yourself")
    await tx.missions.lock(task.mission_id)
    sent = await tx.messages.count(task.mission_id, task.role, to, tx.now - RATE_WINDOW, limits.messages_per_minute)
    if sent >= limits.messages_per_minute:
        raise Conflict(
            f"you wrote to {to!r} {sent} times within a minute, the most there may be: continue with your task, and "
            "put what is left into one later message or into the summary of `finish`"
        )
