"""An event of a mission as a line for a person."""

import re
from collections.abc import Mapping
from datetime import datetime
from functools import partial

from damascus.api.schemas import Event
from damascus.cli.formatting import escape_line
from damascus.core.errors import Invalid
from damascus.core.events import (
    BudgetMoved,
    CodeSnippet,
    ConversationCompacted,
    EventKind,
    Payload,
    ReceiptIssued,
    StateChange,
    TrailNote,
    VerdictGiven,
    WorkerMoved,
    read_payload,
)
from damascus.core.money import format_amount
from damascus.core.records.desk_items import DeskItemStatus
from damascus.core.records.missions import MissionStatus
from damascus.core.records.receipts import ReceiptKind
from damascus.core.records.tasks import TaskStatus

MAX_TEXT_CHARS = 160
MAX_TITLE_CHARS = 60
HIDDEN_STATUSES = frozenset({TaskStatus.QUEUED, TaskStatus.CLAIMED, TaskStatus.WAITING})
OFFICE = "office"  # who takes a task back from a worker that is gone
DECIDED: dict[str, str] = {
    DeskItemStatus.ANSWERED: "you answered",
    DeskItemStatus.GRANTED: "you approved",
    DeskItemStatus.DENIED: "you denied",
    DeskItemStatus.EXPIRED: "not asked any more",
}
# as work/event_log.py notes a command: `words`: exit 1 (0.2 s), and the end of its output below
_COMMAND = re.compile(r"(`.*?`): exit (-?\d+) \(([\d.]+) s(, the time ran out)?[^)]*\)\n?(.*)", re.DOTALL)


def format_event(event: Event, titles: Mapping[str, str]) -> str | None:
    """Return an event as a line of markup; None for what only a table shows. `titles` are those of tasks by id."""
    payload = _payload_of(event)
    who = escape_line(event.author)
    if event.kind == EventKind.COMMAND and isinstance(payload, TrailNote):
        return f"{who}: {_format_command(payload.text)}"
    if isinstance(payload, TrailNote | CodeSnippet):
        return f"{who}: {event.kind} {escape_line(payload.text, MAX_TEXT_CHARS)}"
    if isinstance(payload, ReceiptIssued):
        return _format_receipt(payload)
    if isinstance(payload, VerdictGiven):
        return f"gate: {escape_line(payload.text, MAX_TEXT_CHARS)}"
    if isinstance(payload, BudgetMoved):
        of = partial(format_amount, payload.scope)
        return f"budget {payload.what}: {of(payload.spent)} of {of(payload.limit)}"
    if isinstance(payload, ConversationCompacted):
        how = "summed up" if payload.summed_up else "listed"
        title = escape_line(titles.get(event.task_id or "", "a task"), MAX_TITLE_CHARS)
        return f"{who}: {title}: the context is full, its turns up to {payload.until} are {how}"
    if isinstance(payload, WorkerMoved):
        return f"{who}: its worker {escape_line(payload.worker, MAX_TITLE_CHARS)} {payload.move}"
    if isinstance(payload, StateChange):
        title = escape_line(titles.get(event.task_id or "", "a task"), MAX_TITLE_CHARS)
        return _format_change(event, payload, title)
    return None


def with_time(at: datetime, line: str) -> str:
    """Return a line behind the time of day at which it happened, as this machine's clock shows it."""
    return f"{at.astimezone():%H:%M:%S} {line}"


def time_zone(at: datetime) -> str:
    """Return the name of the zone of `with_time`, such as CET."""
    return at.astimezone().tzname() or "local time"


def ends_mission(event: Event) -> bool:
    """Return True if the event says that its mission has ended."""
    payload = _payload_of(event)
    return event.kind == EventKind.MISSION and isinstance(payload, StateChange) and payload.after in MissionStatus.ENDED


def _format_receipt(issued: ReceiptIssued) -> str:
    what = "tests" if issued.kind == ReceiptKind.TESTS else "receipt"
    return f"{what} {'passed' if issued.ok else 'failed'}: {escape_line(issued.text, MAX_TEXT_CHARS)}"


def _format_command(text: str) -> str:
    """Return how a command ended: one that was stopped or failed is said to be before what it was."""
    found = _COMMAND.fullmatch(text)
    if found is None:
        return f"command {escape_line(text, MAX_TEXT_CHARS)}"
    words, code, seconds, stopped, output = found.groups()
    said = next((line for line in reversed(output.splitlines()) if line.strip()), "")
    last = f": {said}" if said and (stopped or code != "0") else ""
    how = f"stopped after {seconds} s" if stopped else f"ended with exit {code} after {seconds} s"
    return f"command {how}: {escape_line(words + last, MAX_TEXT_CHARS)}"


def _format_change(event: Event, change: StateChange, title: str) -> str | None:
    why = f": {escape_line(change.reason, MAX_TEXT_CHARS)}" if change.reason else ""
    task = f"{escape_line(event.author)}: {title}"
    if event.kind == EventKind.TASK and (change.after, event.author) == (TaskStatus.QUEUED, OFFICE):
        return f"{title} continues where it was{why}"
    if event.kind == EventKind.TASK and change.after not in HIDDEN_STATUSES:
        return f"{task} is {change.after}{why}"
    if event.kind == EventKind.MISSION:
        return f"the mission is {change.after}{why}"
    if event.kind == EventKind.DESK and change.after != DeskItemStatus.OPEN:
        said = why if change.reason != change.after else ""
        return f"your desk: {DECIDED.get(change.after, change.after)}{said}"
    if event.kind == EventKind.FORGE:
        return f"Gitea sync: {change.after}{why}"
    return None


def _payload_of(event: Event) -> Payload | None:
    """Return the event's payload; None if this program does not know its kind, as of a newer office."""
    try:
        return read_payload(event.kind, event.payload)
    except Invalid:
        return None
