"""The processes that carry the staff's roles; each heartbeat refreshes their rows."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class WorkerMove(StrEnum):
    """What the log says of a worker."""

    CAME = "came"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class WorkerRow:
    """A worker that carries a role; `id` is of both. `move` is what the log said of it last, at `moved_at`."""

    id: str
    role: str
    name: str
    seen_at: datetime
    created_at: datetime
    move: WorkerMove | None = None
    moved_at: datetime | None = None
