"""Tasks: one of them, its trail and its transcript."""

from fastapi import APIRouter

from damascus.api import schemas
from damascus.ledger.queries.events import ALL_KINDS
from damascus.office import serializers
from damascus.office.dependencies import Limit, Reading

router = APIRouter(tags=["tasks"])


@router.get("/{id}")
async def show(id: str, tx: Reading) -> schemas.Task:
    """Return a task."""
    task = await tx.tasks.get(id)
    return next(found for found in await serializers.tasks(tx, task.mission_id) if found.id == id)


@router.get("/{id}/trail")
async def trail(id: str, tx: Reading, limit: Limit = 200) -> schemas.Page[schemas.Event]:
    """Return the newest trail entries that the task left, oldest of them first."""
    task = await tx.tasks.get(id)
    rows = await tx.events.trail(task.mission_id, task.id, ALL_KINDS, limit)
    return schemas.Page(items=[serializers.event(row) for row in rows])


@router.get("/{id}/turns")
async def turns(id: str, tx: Reading) -> schemas.Page[schemas.Turn]:
    """Return the task's transcript."""
    await tx.tasks.get(id)
    return schemas.Page(items=[serializers.turn(row) for row in await tx.turns.of_task(id)])
