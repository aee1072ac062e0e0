"""The event log."""

from datetime import datetime
from typing import Any

from damascus.api.schemas.base import Schema
from damascus.core.live_output import OutputPart


class Event(Schema):
    """One event; `payload` is that of its kind in core/events.py.

    `entry` is the number of a trail entry in its mission, `replaces` the entry that it corrects.
    """

    seq: int
    kind: str
    author: str
    mission_id: str | None
    task_id: str | None
    payload: dict[str, Any]
    created_at: datetime
    entry: int | None = None
    replaces: int | None = None


class LiveOutput(Schema):
    """Partial output of a model at work on a task; it is not part of the log, and some of it may be lost.

    `part` says whether the model says it, thinks it, or calls `tool` with it. `attempt` is the model call, by the id of
    its reservation, as in `because` of what is done now. `offset` is how many characters of this attempt, part and tool
    came before it: where a piece was lost, there is a gap.
    """

    task_id: str
    attempt: str
    part: OutputPart
    tool: str
    text: str
    offset: int


class Hello(Schema):
    """Begins a stream: it carries the events after `seq`; `at` is the office's time."""

    seq: int
    at: datetime
    version: str


class LogPage(Schema):
    """A part of the log, oldest first; `prev` goes into `before`, `next` into `after`, `last` is the newest seq."""

    items: list[Event]
    prev: int | None
    next: int | None
    last: int


class Citing(Schema):
    """What rests on an entry of a trail: a `report`, a `memory`, or the `entry` that corrects it."""

    kind: str
    id: str
    name: str
    title: str


class LogEntry(Event):
    """An event, what cites it, and the page that is kept under it."""

    cited_by: list[Citing]
    source_id: str | None = None
