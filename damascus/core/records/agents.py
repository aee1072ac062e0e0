"""Staff that ever worked here; each heartbeat of its worker refreshes the row."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Agent:
    """A persona on the staff; `id` is the persona's, `worker` the process that last carried it.

    `problem` is what that process found wrong with the parts that it uses, None if nothing is.
    """

    id: str
    name: str
    title: str
    role: str
    worker: str | None
    seen_at: datetime | None
    created_at: datetime
    problem: str | None = None
