"""Staff that ever worked here; each heartbeat of its worker refreshes the row."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Agent:
    """A persona on the staff; `id` is the persona's, `worker` the process that last carried it."""

    id: str
    name: str
    title: str
    role: str
    worker: str | None
    seen_at: datetime | None
    created_at: datetime
