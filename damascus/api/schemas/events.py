"""The event log."""

from datetime import datetime
from typing import Any

from damascus.api.schemas.base import Schema


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
    """Partial output of a model at work on a task; it is not part of the log."""

    task_id: str
    text: str
