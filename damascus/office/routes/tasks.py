"""Tasks: one of them, its trail and its transcript."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query

from damascus.api import schemas
from damascus.core.errors import NotFound
from damascus.core.records.turns import Speaker, Turn
from damascus.core.records.usage import Usage
from damascus.ledger.queries.events import ALL_KINDS
from damascus.ledger.transaction import ReadTransaction
from damascus.office import serializers
from damascus.office.dependencies import MAX_PAGE_ITEMS, Limit, Reading

router = APIRouter(tags=["tasks"])
turns = APIRouter(tags=["tasks"])
MAX_TURNS = 1_000_000


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
async def list_turns(
    id: str,
    tx: Reading,
    limit: Annotated[int | None, Query(ge=1, le=MAX_PAGE_ITEMS, description="at most so many; default: all")] = None,
    after: Annotated[int, Query(ge=0, le=MAX_TURNS, description="turns behind this `n`")] = 0,
    max_chars: Annotated[int | None, Query(ge=0, description="cut each content to so many")] = None,
) -> schemas.Page[schemas.Turn]:
    """Return the task's transcript, with what each response took and cost."""
    await tx.tasks.get(id)
    rows = await tx.turns.of_task(id, after, None if limit is None else limit + 1)
    calls = await _calls(tx, id)
    compacted = await _compactions(tx, id, calls)
    items = [serializers.turn(row, _call_of(row, calls), max_chars, compacted.get(row.n)) for row in rows[:limit]]
    return schemas.Page(items=items, next=str(items[-1].n) if limit is not None and len(rows) > limit else None)


@router.get("/{id}/opening")
async def opening(id: str, tx: Reading) -> schemas.Opening:
    """Return the two messages that open the task's conversation. 404 until a worker has begun it."""
    found = await tx.openings.find(id)
    if found is None:
        await tx.tasks.get(id)
        raise NotFound(f"the task {id} has not begun: its model was told nothing yet")
    return schemas.Opening(task_id=id, system=found.system, assignment=found.assignment)


@turns.get("/{id}")
async def show_turn(id: str, tx: Reading) -> schemas.Turn:
    """Return a turn, whole."""
    row = await tx.turns.get(id)
    calls = await _calls(tx, row.task_id)
    compacted = await _compactions(tx, row.task_id, calls)
    return serializers.turn(row, _call_of(row, calls), compaction=compacted.get(row.n))


async def _calls(tx: ReadTransaction, task_id: str) -> dict[datetime, Usage]:
    """Return a task's answered calls by the time of the transaction that also wrote the response."""
    return {call.created_at: call for call in await tx.usage.of_task(task_id) if call.answered}


async def _compactions(
    tx: ReadTransaction, task_id: str, calls: dict[datetime, Usage]
) -> dict[int, schemas.Compaction]:
    """Return what stands for a task's older turns, by the number of the last of them."""
    rows = await tx.compactions.of_task(task_id)
    return {row.until: serializers.compaction(row, calls.get(row.created_at)) for row in rows}


def _call_of(row: Turn, calls: dict[datetime, Usage]) -> Usage | None:
    return calls.get(row.created_at) if row.speaker == Speaker.ASSISTANT else None
