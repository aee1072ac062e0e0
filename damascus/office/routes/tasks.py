"""Tasks: one of them, its trail and its transcript."""

from fastapi import APIRouter

from damascus.office import missions_view, views
from damascus.office.deps import Limit, Reading

router = APIRouter(prefix="/api/tasks", tags=["tasks"])


@router.get("/{id}")
async def show(id: str, tx: Reading) -> views.TaskView:
    """A task."""
    task = await tx.tasks.get(id)
    return next(view for view in await missions_view.tasks(tx, task.mission_id) if view.id == id)


@router.get("/{id}/trail")
async def trail(id: str, tx: Reading, limit: Limit = 200) -> views.Page[views.EventView]:
    """What the task left on the trail."""
    task = await tx.tasks.get(id)
    rows = await tx.events.trail(task.mission_id, task.id, limit=limit)
    return views.Page(items=[views.EventView.model_validate(row) for row in rows])


@router.get("/{id}/turns")
async def turns(id: str, tx: Reading) -> views.Page[views.TurnView]:
    """The task's transcript."""
    await tx.tasks.get(id)
    return views.Page(items=[views.TurnView.model_validate(row) for row in await tx.turns.of_task(id)])
