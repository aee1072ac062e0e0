"""Appends to the event log: changes of status, and trail entries."""

from damascus.core.errors import Invalid
from damascus.core.events import TRAIL, CodeSnippet, EventKind, Payload, StateChange, TrailNote
from damascus.core.records.desk_items import DeskItemStatus
from damascus.core.records.missions import Mission, MissionStatus
from damascus.core.records.tasks import Task, TaskStatus
from damascus.knowledge.sources.marks import Origin
from damascus.ledger.transaction import Transaction


def mission_changed(
    tx: Transaction, mission: Mission, after: MissionStatus, by: str, reason: str | None = None
) -> None:
    change = StateChange(id=mission.id, before=mission.status, after=after, reason=reason)
    tx.events.append(EventKind.MISSION, by, change, mission_id=mission.id)


def task_changed(
    tx: Transaction, task: Task, after: TaskStatus, by: str, reason: str | None = None, *, before: str | None = None
) -> None:
    before = before or (task.status if task.status != after else None)
    change = StateChange(id=task.id, before=before, after=after, reason=reason)
    tx.events.append(EventKind.TASK, by, change, mission_id=task.mission_id, task_id=task.id)


def desk_changed(
    tx: Transaction, id: str, after: DeskItemStatus, mission_id: str, task_id: str | None, reason: str
) -> None:
    tx.events.append(EventKind.DESK, "ceo", StateChange(id=id, after=after, reason=reason), mission_id, task_id)


async def append_trail_entry(
    tx: Transaction, task: Task, kind: EventKind, text: str, origin: Origin | None = None, passage: str | None = None
) -> int:
    """Append a trail entry of a task. Returns its number. Raises Invalid if the kind is not a kind of trail entry."""
    if kind not in TRAIL or kind == EventKind.SOURCE:
        raise Invalid(f"{kind!r} is not a kind of trail entry; use one of {', '.join(sorted(TRAIL))}")
    payload: Payload = _entry(kind, text, origin, passage)
    tx.events.append(kind, task.role, payload, task.mission_id, task.id)
    await tx.events.flush()
    assert tx.events.last_entry is not None
    return tx.events.last_entry


def _entry(kind: EventKind, text: str, origin: Origin | None, passage: str | None) -> Payload:
    if kind == EventKind.CODE_SNIPPET:
        return CodeSnippet(text=text)
    if origin is None:
        return TrailNote(text=text)
    return TrailNote(text=text, source=origin.source, mark=origin.mark, passage=passage)
