"""What happens to each task at this moment, from rows alone: nothing here guesses."""

from damascus.api import schemas
from damascus.core.records.budgets import Reservation
from damascus.core.records.desk_items import DeskItem, DeskItemStatus
from damascus.core.records.tasks import Task, TaskStatus
from damascus.core.records.turns import Speaker, Turn, TurnStatus
from damascus.ledger.transaction import ReadTransaction


async def look(tx: ReadTransaction) -> schemas.Now:
    """Return who does what, since when, because of which row."""
    asked = {row.task_id: row for row in await tx.reservations.in_flight()}
    rows = await tx.tasks.at_work()
    slugs = {id: (await tx.missions.get(id)).slug for id in {task.mission_id for task in rows}}
    waiting = {item.task_id: item for item in await tx.desk_items.open(limit=500)}
    doing = [
        _doing(task, slugs[task.mission_id], asked.get(task.id), await tx.turns.last_of(task.id), waiting.get(task.id))
        for task in rows
    ]
    return schemas.Now(seq=await tx.events.last(), at=tx.now, doing=doing)


def _doing(task: Task, slug: str, asked: Reservation | None, turn: Turn | None, item: DeskItem | None) -> schemas.Doing:
    open_call = turn if turn and turn.speaker == Speaker.TOOL and turn.status in TurnStatus.OPEN else None
    state, because, since = "between", schemas.Because(kind="task", id=task.id), task.started_at or task.created_at
    if task.status == TaskStatus.PARKED:
        state = "parked"
        if item is not None and item.status == DeskItemStatus.OPEN:
            because, since = schemas.Because(kind="desk_item", id=item.id), item.created_at
        elif open_call is not None:
            because, since = schemas.Because(kind="turn", id=open_call.id), open_call.created_at
    elif asked is not None:
        state, because, since = "model", schemas.Because(kind="reservation", id=asked.id), asked.created_at
    elif task.status == TaskStatus.CHECKING:
        state = "checking"
        if open_call is not None:
            because, since = schemas.Because(kind="turn", id=open_call.id), open_call.created_at
    elif open_call is not None:
        state, because, since = "tool", schemas.Because(kind="turn", id=open_call.id), open_call.created_at
    elif turn is not None:
        because, since = schemas.Because(kind="turn", id=turn.id), turn.done_at or turn.created_at
    return schemas.Doing(
        role=task.role, worker=task.lease_owner.split("/")[0] if task.lease_owner else None,
        mission_id=task.mission_id, mission_slug=slug, task_id=task.id, title=task.title, state=state, since=since,
        until=task.wake_at if task.status == TaskStatus.PARKED else task.lease_until, because=because,
        model=asked.model if asked else None, reserved_microusd=asked.amount if asked else 0,
        tool=open_call.tool if open_call else None, turn_id=open_call.id if open_call else None,
    )  # fmt: skip
