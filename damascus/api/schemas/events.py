"""The event log."""

from datetime import datetime
from typing import Any

from damascus.api.schemas.base import Schema


class Event(Schema):
    """One event; `payload` is that of its kind in core/events.py."""

    seq: int
    kind: str
    author: str
    mission_id: str | None
    task_id: str | None
    payload: dict[str, Any]
    created_at: datetime


class LiveOutput(Schema):
    """Partial output of a model at work on a task; it is not part of the log."""

    task_id: str
    text: str
