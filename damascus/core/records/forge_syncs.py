"""What has to reach the forge: one row per repository that is published elsewhere."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ForgeSyncStatus(StrEnum):
    """How the forge's copy stands; work/delivery/forge_sync.py has the moves between them."""

    PENDING = "waiting"
    SYNCED = "out"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class ForgeSyncRow:
    """`id` is that of the repository's artifact; status: waiting | out | refused (see work/delivery/forge_sync.py).

    `remote` is the forge's id of the repository, `wanted` and `there` the head of main here and there, `issues` maps a
    task to its issue's number and whether that is open; `approval_id` is the question at the CEO's desk when refused.
    """

    id: str
    mission_id: str
    name: str
    remote: str | None
    wanted: str | None
    there: str | None
    status: ForgeSyncStatus
    reason: str | None
    attempts: int
    next_at: datetime
    issues: dict[str, tuple[int, bool]]
    approval_id: str | None
    created_at: datetime
    settled_at: datetime | None
