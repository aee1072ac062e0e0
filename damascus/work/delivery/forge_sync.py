"""Syncs the company's own store to the forge: repositories and commits, and the boards of missions.

Work never waits for a forge. What has to reach it is a row (`sync_state.py`); the worker that wrote it tries at once,
and all workers that carry code try again until it is there. A row is synced under a lease, so two workers never do the
same; doing it twice is harmless.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from damascus.core.clock import Clock
from damascus.core.errors import Conflict, NotFound, Unavailable
from damascus.core.ids import new_id
from damascus.core.records.artifacts import Artifact, ArtifactKind
from damascus.core.records.desk_items import DeskItemStatus
from damascus.core.records.forge_syncs import ForgeSyncKind, ForgeSyncRow, ForgeSyncStatus
from damascus.core.records.missions import MissionStatus
from damascus.forge.port import Forge, Repository
from damascus.forge.request_count import RequestCount, counting_requests
from damascus.ledger.transaction import Transaction
from damascus.work import desk, policies
from damascus.work.delivery import sync_state
from damascus.work.delivery.board_content import BoardContent
from damascus.work.delivery.board_sync import BoardRound, outcome_of
from damascus.work.delivery.earlier_code import note_earlier_code
from damascus.work.delivery.sync_state import REQUEST_PAUSE_SECONDS, PendingSync, Setback, SyncStep
from damascus.work.named_lease import NamedLease
from damascus.work.outbox import Outbox

log = logging.getLogger(__name__)

TICK_SECONDS = 2.0
SYNC_WAIT_SECONDS = 15.0
MAX_NAMED = 5
MAX_ROUNDS = 6  # a repository, its commits; all of it again if it vanished in between
MAX_LATE = timedelta(days=1)  # a mission that ended before has no board if it had none then
SYNC_LEASE = timedelta(seconds=30)

Outcome = Callable[[Transaction], Awaitable[None]]


class ForgeSync:
    """Schedules and does the syncs; for a forge that is the local store every method does nothing."""

    def __init__(
        self, outbox: Outbox, forge: Forge, clock: Clock, shared: Path, wait_seconds: float = SYNC_WAIT_SECONDS
    ) -> None:
        self._outbox = outbox
        self._forge = forge
        self._clock = clock
        self._shared = shared
        self._wait_seconds = wait_seconds
        self._running: set[asyncio.Task[None]] = set()

    async def schedule(self, tx: Transaction, artifact: Artifact, target_sha: str | None = None) -> None:
        """Note, in the caller's transaction, that a repository with main at `target_sha` has to reach the forge."""
        if self._forge.is_remote:
            await sync_state.schedule(tx, artifact, target_sha)

    async def sync_now(self, id: str) -> ForgeSyncRow | None:
        """Sync a row and wait up to `wait_seconds` for it; a sync that takes longer continues in the background.

        Returns the row as it is then, or None if the forge is the local store. Raises Unavailable if the ledger is.
        """
        if not self._forge.is_remote:
            return None
        job = asyncio.create_task(self.sync_row(id))
        self._running.add(job)
        job.add_done_callback(self._running.discard)
        await asyncio.wait({job}, timeout=self._wait_seconds)
        if job.done():
            job.result()
        async with self._outbox.reading() as tx:
            return await tx.forge_syncs.find(id)

    async def run(self) -> None:
        """Sync the rows that are due, until cancelled; code does not wait while a board is at it."""
        if self._forge.is_remote:
            await asyncio.gather(self._note_earlier_code(), *(self._run(kind) for kind in ForgeSyncKind))

    async def _note_earlier_code(self) -> None:
        while True:
            try:
                count = await note_earlier_code(self._outbox)
            except Unavailable as error:
                log.warning("code of before waits for the ledger: %s", error)
                await self._clock.sleep(TICK_SECONDS)
            else:
                if count:
                    log.info("%d repositories from before there was a Gitea are brought there", count)
                return

    async def _run(self, kind: ForgeSyncKind) -> None:
        while True:
            try:
                await self.sync_due(kind)
            except Unavailable as error:
                log.warning("syncs to the forge wait for the ledger: %s", error)
            await self._clock.sleep(TICK_SECONDS)

    async def sync_due(self, kind: ForgeSyncKind) -> None:
        """Sync the rows of a kind that are due; a mission without a board gets one. Raises Unavailable."""
        async with self._outbox.reading() as tx:
            due = [row.id for row in await tx.forge_syncs.due(tx.now, kind)]
            new = await tx.forge_syncs.missions_without_board(tx.now - MAX_LATE) if kind == ForgeSyncKind.BOARD else []
        if new:
            async with self._outbox.transaction() as tx:
                for mission_id in new:
                    await sync_state.open_board(tx, mission_id)
        for id in [*due, *new]:
            await self.sync_row(id)

    async def close(self) -> None:
        """Stop the syncs in the background; they are done again at the next start."""
        for job in self._running:
            job.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def sync_row(self, id: str) -> None:
        """Do for a row what is to do now; nothing while another worker has its lease."""
        first = await self._pending(id)
        if first is None:
            return
        # boards share labels, and the company's own repository
        of = "boards" if first.row.kind == ForgeSyncKind.BOARD else id
        lease = NamedLease(self._outbox.ledger, f"forge_sync:{of}", new_id("sync"), SYNC_LEASE)
        async with lease.keep() as is_taken:
            for _ in range(MAX_ROUNDS if is_taken else 0):
                pending = await self._pending(id)
                if pending is None:
                    return
                with counting_requests() as count:
                    outcome = await self._attempt(pending, count)
                try:
                    async with self._outbox.transaction() as tx:
                        await outcome(tx)
                except Conflict as error:
                    log.info("%s: the outcome was not noted, it is looked at again: %s", pending.row.name, error)
                    return

    async def _pending(self, id: str) -> PendingSync | None:
        async with self._outbox.reading() as tx:
            return await sync_state.pending_sync(tx, id)

    async def _attempt(self, pending: PendingSync, count: RequestCount) -> Outcome:
        """Do the next step at the forge; returns what is to be written of how it ended."""
        try:
            match pending.step:
                case SyncStep.PUBLISH:
                    return partial(self._note_published, pending, await self._publish(pending))
                case SyncStep.SHOW_BOARD if pending.content is not None:
                    board = BoardRound(self._outbox, self._forge, self._shared, pending.content)
                    await board.run()
                    return partial(_note_board, pending, board, count.made)
                case _:
                    return partial(_settle, pending)
        except NotFound as error:
            log.info("%s: %s; it is made again", pending.row.name, error)
            return partial(_start_over, pending, Setback(str(error), count.made))
        except Conflict as error:
            return partial(_refuse, pending, Setback(str(error), count.made))
        except Unavailable as error:
            setback = Setback(str(error), count.made, getattr(error, "retry_after", 0.0))
            return partial(_retry_later, pending, setback)

    async def _publish(self, pending: PendingSync) -> Repository:
        """Raise Conflict if the push would send what the forge then executes, and the CEO's policy does not say so.

        `commit` leaves such files out; they are here if a person committed them, or before there was a remote forge.
        """
        async with self._outbox.reading() as tx:
            holds = (await policies.delivery(tx)).ci_files == "hold"
        sha = await self._forge.head(pending.repository)
        known = pending.row.remote_sha or pending.repository.base
        found = await self._forge.ci_files(pending.repository, sha, known) if sha and holds else []
        if found:
            more = f" and {len(found) - MAX_NAMED} more" if len(found) > MAX_NAMED else ""
            raise Conflict(
                f"the history of {pending.row.name} has files that a forge executes by itself: "
                f"{', '.join(found[:MAX_NAMED])}{more}; `ceo policy delivery.ci_files send` pushes them"
            )
        return await self._forge.publish(pending.repository, sha or "")

    async def _note_published(self, pending: PendingSync, published: Repository, tx: Transaction) -> None:
        row, artifact = pending.row, pending.code
        await sync_state.move(
            tx, row, ForgeSyncStatus.SYNCED, remote_id=published.remote_id, remote_sha=row.target_sha,
            reason=published.note, attempts=row.attempts if row.remote_id is None else 0, desk_item_id=None,
        )  # fmt: skip
        if row.desk_item_id:
            await desk.withdraw(tx, row.desk_item_id, "the push succeeded after all")
        await self._relink(tx, artifact, published)
        link = self._forge.commit_link(published, row.target_sha) if row.target_sha else published.web_url
        told = f"{link or published.url}; {published.note}" if published.note else link or published.url
        sync_state.append_event(tx, pending, ForgeSyncStatus.SYNCED, told)

    async def _relink(self, tx: Transaction, artifact: Artifact, published: Repository) -> None:
        """Have the repository's row and those of its commits say where they are now."""
        now = await tx.artifacts.get(artifact.id)
        await tx.artifacts.put(replace(now, path=published.url, detail=replace(now.detail, web_url=published.web_url)))
        for commit in await tx.artifacts.of_mission(artifact.mission_id, ArtifactKind.COMMIT):
            link = self._forge.commit_link(published, commit.name)
            if commit.detail.repository == artifact.name and commit.path != link:
                await tx.artifacts.move_to(commit.id, link)


async def _note_board(pending: PendingSync, done: BoardRound, requests: int, tx: Transaction) -> None:
    row, left = pending.row, done.left()
    values = outcome_of(left.row)
    if done.problem is not None:
        await _retry_later(pending, Setback(done.problem, requests, done.retry_after), tx, left=left)
        has_ended = (await tx.missions.get(row.mission_id)).status in MissionStatus.ENDED
        if has_ended and not done.takes_issues:
            await _settle(pending, tx)
    elif left.waiting:  # what is new was taken; the rest waits on
        await sync_state.move(tx, row, ForgeSyncStatus.PENDING, **values)
    else:
        await sync_state.move(tx, row, ForgeSyncStatus.SYNCED, reason=None, attempts=0, **values)


async def _settle(pending: PendingSync, tx: Transaction) -> None:
    await tx.forge_syncs.settle(pending.row.id, pending.row.target_sha, tx.now)


async def _start_over(pending: PendingSync, setback: Setback, tx: Transaction) -> None:
    """Make it again, its code too: at once the first time, later and later where it vanishes again and again."""
    row = pending.row
    pause = setback.pause(row.attempts) if row.attempts else timedelta(0)
    again = {"remote_id": None, "remote_sha": None, "retry_at": tx.now + pause}
    if pending.content is not None:
        for made, code in pending.content.code:
            if made.detail.repository == row.name:
                await tx.forge_syncs.change(code.id, **again, settled_at=None, status=ForgeSyncStatus.PENDING)
    board = replace(row.board, filed="")
    await sync_state.move(tx, row, ForgeSyncStatus.PENDING, issues={}, board=board, attempts=row.attempts + 1, **again)


async def _retry_later(
    pending: PendingSync, setback: Setback, tx: Transaction, left: BoardContent | None = None
) -> None:
    """Put a row off, each time for longer; `left` is what an attempt has left of a board, of which only that waits."""
    row, after, pause = pending.row, ForgeSyncStatus.PENDING, setback.pause(pending.row.attempts)
    log.warning("the sync of %s is tried again in %.0f s: %s", row.name, pause.total_seconds(), setback.reason)
    values: dict[str, Any] = {"reason": setback.reason, "attempts": row.attempts + 1, "retry_at": tx.now + pause}
    if left is not None:
        again_at = (tx.now + pause).timestamp()
        soon = timedelta(seconds=max(REQUEST_PAUSE_SECONDS, setback.min_seconds))  # for what is new
        values |= outcome_of(left.row) | {"board": left.put_off(again_at), "retry_at": tx.now + min(pause, soon)}
    await sync_state.move(tx, row, after, **values)
    if row.attempts == 0:
        sync_state.append_event(tx, pending, after, setback.reason)


async def _refuse(pending: PendingSync, setback: Setback, tx: Transaction) -> None:
    row, reason, after = pending.row, setback.reason, ForgeSyncStatus.REFUSED
    question = await tx.desk_items.find(row.desk_item_id) if row.desk_item_id else None
    if question is None or question.status in (DeskItemStatus.ANSWERED, DeskItemStatus.EXPIRED):
        task = await tx.tasks.get(pending.code.task_id)
        question = await desk.post_question(tx, task, _question(pending, reason))
        sync_state.append_event(tx, pending, after, reason)
    values = {"desk_item_id": question.id, "retry_at": tx.now + setback.longest}
    await sync_state.move(tx, row, after, reason=reason, **values)


def _question(pending: PendingSync, reason: str) -> str:
    return (
        f"{pending.row.name} cannot be pushed to Gitea: {reason}. The code is safe in the local store and the push is "
        "retried every few minutes; deny this to leave it so."
    )
