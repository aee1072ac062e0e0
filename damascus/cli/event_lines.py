"""An event of a mission as a line for a person."""

from collections.abc import Mapping
from functools import partial

from damascus.api.schemas import Event
from damascus.cli.formatting import escape_line
from damascus.core.errors import Invalid
from damascus.core.events import (
    BudgetMoved,
    CodeSnippet,
    EventKind,
    Payload,
    ReceiptIssued,
    StateChange,
    TrailNote,
    read_payload,
)
from damascus.core.money import format_amount
from damascus.core.records.desk_items import DeskItemStatus
from damascus.core.records.missions import MissionStatus
from damascus.core.records.tasks import TaskStatus

MAX_TEXT_CHARS = 160
MAX_TITLE_CHARS = 60
HIDDEN_STATUSES = frozenset({TaskStatus.QUEUED, TaskStatus.CLAIMED, TaskStatus.WAITING})


def format_event(event: Event, titles: Mapping[str, str]) -> str | None:
    """Return an event as a line of markup; None for what only a table shows. `titles` are those of tasks by id."""
    payload = _payload_of(event)
    who = escape_line(event.author)
    if isinstance(payload, TrailNote | CodeSnippet):
        return f"{who}: {event.kind} {escape_line(payload.text, MAX_TEXT_CHARS)}"
    if isinstance(payload, ReceiptIssued):
        return f"receipt {'passed' if payload.ok else 'failed'}: {escape_line(payload.text, MAX_TEXT_CHARS)}"
    if isinstance(payload, BudgetMoved):
        of = partial(format_amount, payload.scope)
        return f"budget {payload.what}: {of(payload.spent)} of {of(payload.limit)}"
    if isinstance(payload, StateChange):
        title = escape_line(titles.get(event.task_id or "", "a task"), MAX_TITLE_CHARS)
        return _format_change(event.kind, payload, f"{who}: {title}")
    return None


def ends_mission(event: Event) -> bool:
    """Return True if the event says that its mission has ended."""
    payload = _payload_of(event)
    return event.kind == EventKind.MISSION and isinstance(payload, StateChange) and payload.after in MissionStatus.ENDED


def _format_change(kind: str, change: StateChange, task: str) -> str | None:
    why = f": {escape_line(change.reason, MAX_TEXT_CHARS)}" if change.reason else ""
    if kind == EventKind.TASK and change.after not in HIDDEN_STATUSES:
        return f"{task} is {change.after}{why}"
    if kind == EventKind.MISSION:
        return f"the mission is {change.after}{why}"
    if kind == EventKind.DESK and change.after != DeskItemStatus.OPEN:
        return f"request on your desk: {change.after}"
    if kind == EventKind.FORGE:
        return f"Gitea sync: {change.after}{why}"
    return None


def _payload_of(event: Event) -> Payload | None:
    """Return the event's payload; None if this program does not know its kind, as of a newer office."""
    try:
        return read_payload(event.kind, event.payload)
    except Invalid:
        return None
