"""What has to reach the forge: one row per repository that is published elsewhere."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ForgeSyncStatus(StrEnum):
    """How the forge's copy stands; work/delivery/sync_state.py says what each means."""

    PENDING = "pending"
    SYNCED = "synced"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class ForgeSyncRow:
    """`id` is that of the repository's artifact; what has to be at the forge, and what is there.

    `remote_id` is the forge's id of the repository, `target_sha` the head of main in the local store, `remote_sha` the
    one at the forge. `issues` maps a task to its issue's number and whether that is open; `desk_item_id` is the
    question on the CEO's desk when the forge refuses. A settled row has nothing left to do.
    """

    id: str
    mission_id: str
    name: str
    remote_id: str | None
    target_sha: str | None
    remote_sha: str | None
    status: ForgeSyncStatus
    reason: str | None
    attempts: int
    retry_at: datetime
    issues: dict[str, tuple[int, bool]]
    desk_item_id: str | None
    created_at: datetime
    settled_at: datetime | None
