"""The append-only log, and the counter that makes its numbers dense."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the log; `payload` fits its kind's model in core/events.py."""

    seq: int
    kind: str
    author: str
    mission_id: str | None
    task_id: str | None
    payload: dict[str, Any]
    created_at: datetime
