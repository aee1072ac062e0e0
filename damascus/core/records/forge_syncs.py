"""What has to reach the forge: a row per repository that is published elsewhere, and one per mission's board."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ForgeSyncStatus(StrEnum):
    """How the forge's copy stands; work/delivery/sync_state.py says what each means."""

    PENDING = "pending"
    SYNCED = "synced"
    REFUSED = "refused"


class ForgeSyncKind(StrEnum):
    """What a row brings to the forge; code waits for no board."""

    CODE = "code"
    BOARD = "board"


@dataclass(frozen=True, slots=True)
class Released:
    """A repository, by its artifact, that was handed over; `tag` is empty where the forge has no releases."""

    artifact_id: str
    tag: str


@dataclass(frozen=True, slots=True)
class BoardState:
    """What is at the forge of a mission's board, besides its issues.

    `at_company` is set if its repository is the company's own; `web_url` is where that is shown, `milestone` the number
    of the mission's there and `shown` the digest of what that says; `filed` is the digest of the reports that are in
    the company's repository, at `reports_url`; `released` has the repositories that were handed over. `tried`
    has what was not taken, each with the digest of what it says; as it is it is tried again at `again_at` (Unix time).
    """

    at_company: bool = False
    web_url: str | None = None
    milestone: int | None = None
    shown: str = ""
    filed: str = ""
    reports_url: str | None = None
    released: tuple[Released, ...] = ()
    tried: tuple[str, ...] = ()
    again_at: float = 0.0


@dataclass(frozen=True, slots=True)
class ForgeSyncRow:
    """What has to be at the forge, and what is there.

    The `id` of a row of code is that of the repository's artifact, of a board that of the mission. `name` is the
    repository's; of a board it is the one that has the issues, empty until that is known. `remote_id` is the forge's id
    of the repository, `target_sha` the head of main in the local store, `remote_sha` the one at the forge. `issues`
    maps a task to its issue's number and the digest of what that says; `desk_item_id` is the question on the CEO's desk
    when the forge refuses. A settled row has nothing left to do.
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
    issues: dict[str, tuple[int, str]]
    desk_item_id: str | None
    created_at: datetime
    settled_at: datetime | None
    kind: ForgeSyncKind = ForgeSyncKind.CODE
    board: BoardState = BoardState()
