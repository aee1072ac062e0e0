"""The state of what has to reach the forge: how a row stands, and what is to do for it next.

pending, synced and refused say how the last attempt ended, so each may follow each:

pending  nothing was tried yet, or the forge did not take it: tried again, with growing pauses
synced   all is at the forge; a later push, or a task that moves, gives it something to do again
refused  the forge has commits of somebody else, which are never overwritten: a question is on the CEO's desk

A row is settled when nothing will be done for it any more: its mission has ended, or the CEO denied that question. It
makes no move then, until `schedule` opens it again. The code of a mission and its board are rows of their own: neither
waits for the other.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import Enum, auto
from typing import Any

from damascus.core.backoff import Backoff
from damascus.core.errors import Conflict
from damascus.core.events import EventKind, StateChange
from damascus.core.records.artifacts import Artifact
from damascus.core.records.desk_items import DeskItemStatus
from damascus.core.records.forge_syncs import ForgeSyncKind, ForgeSyncRow, ForgeSyncStatus
from damascus.core.records.missions import MissionStatus
from damascus.forge.port import Repository
from damascus.ledger.transaction import ReadTransaction, Transaction
from damascus.work.delivery import repositories
from damascus.work.delivery.board_content import BoardContent, read_board

FIRST_PAUSE_SECONDS = 5.0
REQUEST_PAUSE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Setback:
    """What an attempt came to that did not do all: why, and after how many requests.

    The pauses grow until what is stuck asks the forge for one thing a minute; `min_seconds` is what the forge wants.
    """

    reason: str
    requests: int
    min_seconds: float = 0.0

    def pause(self, attempts: int) -> timedelta:
        """Return how long to wait after this, which `attempts` like it came before."""
        backoff = Backoff(FIRST_PAUSE_SECONDS, self.longest.total_seconds())
        return timedelta(seconds=max(backoff.pause(attempts), self.min_seconds))

    @property
    def longest(self) -> timedelta:
        return timedelta(seconds=REQUEST_PAUSE_SECONDS * max(self.requests, 1))


class SyncStep(Enum):
    """What can be done for a row."""

    PUBLISH = auto()
    SHOW_BOARD = auto()
    SETTLE = auto()


@dataclass(frozen=True, slots=True)
class PendingSync:
    """A row with its next step; code has its repository's artifact, a board what it says."""

    step: SyncStep
    row: ForgeSyncRow
    artifact: Artifact | None = None
    content: BoardContent | None = None

    @property
    def code(self) -> Artifact:
        """The artifact of a row of code."""
        assert self.artifact is not None
        return self.artifact

    @property
    def repository(self) -> Repository:
        return replace(repositories.repository_of(self.code), remote_id=self.row.remote_id)


async def pending_sync(tx: ReadTransaction, id: str) -> PendingSync | None:
    """Return what is to do for a row now, or None if that is nothing: not due, settled, or all is at the forge."""
    row = await tx.forge_syncs.get(id)
    if row.settled_at is not None or row.retry_at > tx.now:
        return None
    if row.kind == ForgeSyncKind.BOARD:
        return await _pending_board(tx, row)
    artifact = await tx.artifacts.get(id)
    question = await tx.desk_items.get(row.desk_item_id) if row.desk_item_id else None
    if question is not None and question.status == DeskItemStatus.DENIED:
        step = SyncStep.SETTLE
    elif row.remote_id is None or row.target_sha != row.remote_sha:
        step = SyncStep.PUBLISH
    elif (await tx.missions.get(row.mission_id)).status in MissionStatus.ENDED:
        step = SyncStep.SETTLE
    else:
        return None
    return PendingSync(step, row, artifact)


async def _pending_board(tx: ReadTransaction, row: ForgeSyncRow) -> PendingSync | None:
    content = await read_board(tx, row)
    if content.home is None and not content.has_ended:
        return None
    if content.due:
        return PendingSync(SyncStep.SHOW_BOARD, row, content=content)
    if content.has_ended and not content.missing and all(code.settled_at for _, code in content.code):
        return PendingSync(SyncStep.SETTLE, row, content=content)
    return None


async def open_board(tx: Transaction, mission_id: str) -> None:
    """Note that a mission's board has to be at the forge; changes nothing if that is noted."""
    row = ForgeSyncRow(
        id=mission_id, mission_id=mission_id, name="", remote_id=None, target_sha=None, remote_sha=None,
        status=ForgeSyncStatus.PENDING, reason=None, attempts=0, retry_at=tx.now, issues={}, desk_item_id=None,
        created_at=tx.now, settled_at=None, kind=ForgeSyncKind.BOARD,
    )  # fmt: skip
    await tx.forge_syncs.put(row)


async def schedule(tx: Transaction, artifact: Artifact, target_sha: str | None = None) -> None:
    """Note that a repository, with main at `target_sha`, has to reach the forge."""
    row = ForgeSyncRow(
        id=artifact.id, mission_id=artifact.mission_id, name=artifact.name, remote_id=None,
        target_sha=None, remote_sha=None,
        status=ForgeSyncStatus.PENDING, reason=None, attempts=0, retry_at=tx.now, issues={}, desk_item_id=None,
        created_at=tx.now, settled_at=None,
    )  # fmt: skip
    await tx.forge_syncs.put(row)
    if target_sha is not None and (await tx.forge_syncs.get(artifact.id)).target_sha != target_sha:
        await tx.forge_syncs.change(artifact.id, target_sha=target_sha, retry_at=tx.now)
    if target_sha is not None:
        await tx.forge_syncs.change(artifact.id, settled_at=None)


async def retry_now(tx: Transaction, mission_id: str | None = None) -> int:
    """Have what waits for the forge tried again now, of a mission or of all. Returns how many rows that are."""
    stuck = [row for row in await tx.forge_syncs.waiting() if row.reason and row.status != ForgeSyncStatus.SYNCED]
    found = [row for row in stuck if mission_id in (None, row.mission_id)]
    for row in found:
        await tx.forge_syncs.change(row.id, attempts=0, retry_at=tx.now)
    return len(found)


async def move(tx: Transaction, row: ForgeSyncRow, after: ForgeSyncStatus, **values: Any) -> None:
    """Set the status, and other columns with it. Raises Conflict if the row is settled."""
    if not await tx.forge_syncs.transition(row.id, after, **values):
        raise Conflict(f"the sync of {row.name} is settled and cannot become {after}")


def append_event(tx: Transaction, pending: PendingSync, after: ForgeSyncStatus, reason: str) -> None:
    """Tell of a move in the event log."""
    row = pending.row
    change = StateChange(id=row.id, before=row.status if row.status != after else None, after=after, reason=reason)
    task_id = pending.artifact.task_id if pending.artifact else None
    tx.events.append(EventKind.FORGE, "office", change, row.mission_id, task_id)


def sync_note(row: ForgeSyncRow | None, sha: str) -> str:
    """Return where a pushed commit is, in words that follow another; empty if the forge is the local store."""
    if row is None:
        return ""
    return ", and at the forge" if row.remote_sha == sha else f", not at Gitea yet: {_reason(row)}"


def pending_reason(row: ForgeSyncRow | None) -> str | None:
    """Return why what was pushed is not at the forge; None if it is, or has not to be."""
    return None if row is None or row.target_sha == row.remote_sha else _reason(row)


def note(row: ForgeSyncRow | None, board: ForgeSyncRow | None) -> str | None:
    """Return what a person should know of a repository whose code is at the forge, None if nothing."""
    if row is None or row.target_sha != row.remote_sha:
        return None
    return row.reason or board_note(board)


def board_note(board: ForgeSyncRow | None) -> str | None:
    """Return why a mission's board is not at the forge as it is, None if it is."""
    waits = board is not None and board.reason and board.status == ForgeSyncStatus.PENDING
    return f"its board waits: {board.reason}" if board is not None and waits else None


def _reason(row: ForgeSyncRow) -> str:
    return row.reason or "it is on its way"
