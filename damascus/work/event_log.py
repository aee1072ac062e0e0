"""Appends to the event log: changes of status, and trail entries."""

from damascus.core.errors import Invalid
from damascus.core.events import (
    LEFT_BY_AGENTS,
    CodeSnippet,
    EventKind,
    MessageSent,
    Payload,
    RequestMoved,
    StateChange,
    TrailNote,
    WorkerMoved,
)
from damascus.core.messages import Message
from damascus.core.records.desk_items import DeskItem, DeskItemStatus
from damascus.core.records.missions import Mission, MissionStatus
from damascus.core.records.sources import Mark
from damascus.core.records.tasks import Task, TaskStatus
from damascus.core.records.workers import WorkerMove, WorkerRow
from damascus.core.text import one_line
from damascus.knowledge.sources.marks import Origin
from damascus.ledger.transaction import Transaction

CEO = "ceo"
MAX_NOTED_CHARS = 4_000
MAX_COMMAND_CHARS = 200
MAX_OUTPUT_CHARS = 600


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


def desk_changed(tx: Transaction, item: DeskItem, after: DeskItemStatus, by: str, reason: str) -> None:
    """Note that a request was put on the desk or decided; `by` is the role that asks, the CEO, or the office."""
    change = RequestMoved(id=item.id, after=after, reason=reason, kind=item.kind, amount=item.amount or None)
    tx.events.append(EventKind.DESK, by, change, item.mission_id, item.task_id)


async def append_trail_entry(
    tx: Transaction, task: Task, kind: EventKind, text: str, origin: Origin | None = None, replaces: int | None = None
) -> int:
    """Append a trail entry of a task; `replaces` is the entry that it corrects. Returns its number.

    Raises Invalid if the kind is not one that agents leave.
    """
    if kind not in LEFT_BY_AGENTS:
        raise Invalid(f"{kind!r} is not a kind of trail entry; use one of {', '.join(sorted(LEFT_BY_AGENTS))}")
    payload: Payload = _entry(kind, text, origin)
    tx.events.append(kind, task.role, payload, task.mission_id, task.id, replaces=replaces)
    return await _number(tx)


async def append_answer(tx: Transaction, task: Task, question: str, answer: str) -> int:
    """Note on the trail what the CEO answered. Returns the entry's number."""
    text = f"Asked by {task.role}: {question[:MAX_NOTED_CHARS]}\nThe CEO's answer: {answer[:MAX_NOTED_CHARS]}"
    tx.events.append(EventKind.ANSWER, CEO, TrailNote(text=text, mark=Mark.FROM_CEO), task.mission_id, task.id)
    return await _number(tx)


def append_word(tx: Transaction, mission: Mission, to: str, text: str) -> None:
    """Note on the trail what the CEO said to a role while the mission ran."""
    note = TrailNote(text=f"The CEO says to {to}: {text}", mark=Mark.FROM_CEO)
    tx.events.append(EventKind.ANSWER, CEO, note, mission.id)


def message_sent(tx: Transaction, message: Message) -> None:
    """Note that one wrote to another."""
    sent = MessageSent(id=message.id, sender=message.sender, to=message.to, type=message.type)
    context = message.context
    tx.events.append(EventKind.MESSAGE, message.sender, sent, context.get("mission_id"), context.get("task_id"))


def worker_moved(tx: Transaction, worker: WorkerRow, move: WorkerMove) -> None:
    """Note that a worker of a role came, or left."""
    tx.events.append(EventKind.WORKER, worker.role, WorkerMoved(worker=worker.name, move=move, seen_at=worker.seen_at))


async def append_command(tx: Transaction, task: Task, command: str, result: str) -> int:
    """Note on the trail what a command came to: its first words, how it ended, and the last of its output."""
    head, _, output = result.partition("\n")
    text = f"`{one_line(command, MAX_COMMAND_CHARS)}`: {head}\n{output[-MAX_OUTPUT_CHARS:]}".rstrip()
    tx.events.append(EventKind.COMMAND, task.role, TrailNote(text=text, mark=Mark.COMPUTED), task.mission_id, task.id)
    return await _number(tx)


async def _number(tx: Transaction) -> int:
    await tx.events.flush()
    assert tx.events.last_entry is not None
    return tx.events.last_entry


def _entry(kind: EventKind, text: str, origin: Origin | None) -> Payload:
    if kind == EventKind.CODE_SNIPPET:
        return CodeSnippet(text=text)
    if origin is None:
        return TrailNote(text=text)
    return TrailNote(text=text, source=origin.source, mark=origin.mark, passage=origin.passage)
