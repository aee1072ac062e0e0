"""Brings to the forge what the company has in its own store: repositories, commits, and tasks as issues.

Work never waits for a forge. What has to reach it is a row; whoever wrote it tries at once, and the workers that carry
code try again until it is out. A row is brought out under a lease, so two never do the same, and doing it twice is
harmless. waiting -> out -> waiting ...;  waiting <-> refused: the forge has commits of somebody else, which are never
overwritten, and a question lies on the CEO's desk; refused and denied there: left as it is.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta

from damascus.core.clock import Clock
from damascus.core.errors import Conflict, NotFound, Unavailable
from damascus.core.events import EventKind, StateChange
from damascus.core.ids import new_id
from damascus.core.records.artifacts import Artifact, ArtifactKind
from damascus.core.records.desk_items import DeskItemStatus
from damascus.core.records.forge_syncs import ForgeSyncRow, ForgeSyncStatus
from damascus.core.records.missions import MissionStatus
from damascus.forge.port import Forge, Repository, TaskIssue
from damascus.ledger.transaction import Transaction
from damascus.work import desk
from damascus.work.delivery import forge_issues, repositories
from damascus.work.outbox import Outbox

log = logging.getLogger(__name__)

TICK_SECONDS = 2.0
PATIENCE = 15.0
MOST_ROUNDS = 6  # a repository, its commits, its issues; all of it again if it vanished in between
SYNC_LEASE = timedelta(seconds=30)
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 60.0
REFUSED_PAUSE = 60.0


@dataclass(frozen=True, slots=True)
class PendingSync:
    """A row, the repository's artifact, and the issues that are not as they should be."""

    row: ForgeSyncRow
    artifact: Artifact
    tickets: list[TaskIssue]
    ended: bool

    @property
    def publishes(self) -> bool:
        return self.row.remote_id is None or self.row.target_sha != self.row.remote_sha

    @property
    def repository(self) -> Repository:
        return replace(repositories.repository_of(self.artifact), remote_id=self.row.remote_id)


class ForgeSync:
    """For a forge that is the company's own store every method does nothing."""

    def __init__(self, outbox: Outbox, forge: Forge, clock: Clock, patience: float = PATIENCE) -> None:
        self._outbox = outbox
        self._forge = forge
        self._clock = clock
        self._patience = patience
        self._attempts: set[asyncio.Task[None]] = set()

    async def enlist(self, tx: Transaction, artifact: Artifact, wanted: str | None = None) -> None:
        """Note that a repository, and main at `wanted`, has to reach the forge; the caller's transaction."""
        if not self._forge.is_remote:
            return
        row = ForgeSyncRow(
            id=artifact.id, mission_id=artifact.mission_id, name=artifact.name, remote_id=None,
            target_sha=None, remote_sha=None,
            status=ForgeSyncStatus.PENDING, reason=None, attempts=0, retry_at=tx.now, issues={}, desk_item_id=None,
            created_at=tx.now, settled_at=None,
        )  # fmt: skip
        await tx.forge_syncs.put(row)
        if wanted is not None:
            await tx.forge_syncs.change(artifact.id, target_sha=wanted, settled_at=None)

    async def attempt(self, id: str) -> ForgeSyncRow | None:
        """Try now, for a while; how it stands then. What takes longer goes on by itself."""
        if not self._forge.is_remote:
            return None
        job = asyncio.create_task(self.deliver(id))
        self._attempts.add(job)
        job.add_done_callback(self._attempts.discard)
        await asyncio.wait({job}, timeout=self._patience)
        if job.done():
            job.result()
        async with self._outbox.reading() as tx:
            return await tx.forge_syncs.find(id)

    async def run(self) -> None:
        """Bring out what waits, until cancelled."""
        while self._forge.is_remote:
            try:
                async with self._outbox.reading() as tx:
                    due = await tx.forge_syncs.due(tx.now)
                for row in due:
                    await self.deliver(row.id)
            except Unavailable as error:
                log.warning("what has to reach the forge waits: %s", error)
            await self._clock.sleep(TICK_SECONDS)

    async def close(self) -> None:
        """Stop what is under way; it waits for the next start."""
        for job in self._attempts:
            job.cancel()
        await asyncio.gather(*self._attempts, return_exceptions=True)

    async def deliver(self, id: str) -> None:
        """Bring one row out, unless it is not due or somebody else is at it."""
        if await self._read(id) is None:
            return
        async with self._lease(id) as held:
            for _ in range(MOST_ROUNDS):
                errand = await self._read(id) if held else None
                if errand is None:
                    return
                try:
                    await self._bring(errand)
                except NotFound as error:
                    log.info("%s: %s; it is made again", errand.row.name, error)
                    async with self._outbox.transaction() as tx:
                        await tx.forge_syncs.change(id, remote_id=None, remote_sha=None, issues={})
                except Conflict as error:
                    await self._refuse(errand, str(error))
                except Unavailable as error:
                    await self._put_off(errand, str(error), getattr(error, "retry_after", 0.0))

    async def _read(self, id: str) -> PendingSync | None:
        """What is to be done for a row now; None when nothing is."""
        async with self._outbox.reading() as tx:
            row = await tx.forge_syncs.get(id)
            if row.settled_at is not None or row.retry_at > tx.now:
                return None
            artifact = await tx.artifacts.get(id)
            mission = await tx.missions.get(row.mission_id)
            errand = PendingSync(
                row, artifact, await forge_issues.out_of_date_issues(tx, row), mission.status in MissionStatus.ENDED
            )
            denied = row.desk_item_id and (await tx.desk_items.get(row.desk_item_id)).status == DeskItemStatus.DENIED
        if not denied and (errand.publishes or errand.tickets):
            return errand
        if errand.ended or denied:
            async with self._outbox.transaction() as tx:
                await tx.forge_syncs.change(id, settled_at=tx.now)
        return None

    async def _bring(self, errand: PendingSync) -> None:
        row = errand.row
        if errand.publishes:
            published = await self._forge.publish(errand.repository)
            await self._note_published(errand, published)
            return  # read again: a new repository has no issues yet
        numbers = await self._forge.track(errand.repository, errand.tickets)
        async with self._outbox.transaction() as tx:
            known = (await tx.forge_syncs.get(row.id)).issues
            news = {t.mark: (numbers[t.mark], t.open) for t in errand.tickets}
            await tx.forge_syncs.change(
                row.id, issues={**known, **news}, attempts=0, reason=None, status=ForgeSyncStatus.SYNCED
            )

    async def _note_published(self, errand: PendingSync, published: Repository) -> None:
        row, artifact = errand.row, errand.artifact
        async with self._outbox.transaction() as tx:
            issues = row.issues if published.remote_id == row.remote_id else {}
            await tx.forge_syncs.change(
                row.id, remote_id=published.remote_id, remote_sha=row.target_sha, issues=issues,
                status=ForgeSyncStatus.SYNCED, reason=None, attempts=0, desk_item_id=None,
            )  # fmt: skip
            if row.desk_item_id:
                await desk.withdraw(tx, row.desk_item_id, "it went out after all")
            await self._relink(tx, artifact, published)
            link = self._forge.commit_link(published, row.target_sha) if row.target_sha else published.web_url
            _tell(tx, errand, ForgeSyncStatus.SYNCED, link or published.url)

    async def _relink(self, tx: Transaction, artifact: Artifact, published: Repository) -> None:
        """Have the repository's row and those of its commits say where they are now."""
        now = await tx.artifacts.get(artifact.id)
        await tx.artifacts.put(replace(now, path=published.url, detail={**now.detail, "web_url": published.web_url}))
        for commit in await tx.artifacts.of_mission(artifact.mission_id, ArtifactKind.COMMIT):
            link = self._forge.commit_link(published, commit.name)
            if commit.detail.get("repository") == artifact.name and commit.path != link:
                await tx.artifacts.move_to(commit.id, link)

    async def _put_off(self, errand: PendingSync, reason: str, at_least: float) -> None:
        row = errand.row
        pause = max(min(FIRST_PAUSE * 2**row.attempts, LONGEST_PAUSE), at_least)
        log.warning("%s waits %.0f s to go out: %s", row.name, pause, reason)
        async with self._outbox.transaction() as tx:
            await tx.forge_syncs.change(
                row.id, status=ForgeSyncStatus.PENDING, reason=reason, attempts=min(row.attempts + 1, 10),
                retry_at=tx.now + timedelta(seconds=pause),
            )  # fmt: skip
            if row.reason is None:
                _tell(tx, errand, ForgeSyncStatus.PENDING, reason)

    async def _refuse(self, errand: PendingSync, reason: str) -> None:
        row = errand.row
        async with self._outbox.transaction() as tx:
            asked = await tx.desk_items.find(row.desk_item_id) if row.desk_item_id else None
            if asked is None or asked.status == DeskItemStatus.ANSWERED:
                task = await tx.tasks.get(errand.artifact.task_id)
                asked = await desk.post_question(tx, task, _question(errand, reason))
                _tell(tx, errand, ForgeSyncStatus.REFUSED, reason)
            await tx.forge_syncs.change(
                row.id, status=ForgeSyncStatus.REFUSED, reason=reason, desk_item_id=asked.id,
                retry_at=tx.now + timedelta(seconds=REFUSED_PAUSE),
            )  # fmt: skip

    @asynccontextmanager
    async def _lease(self, id: str) -> AsyncIterator[bool]:
        """Whether the row is ours for the block; kept while it lasts, free again soon after a crash."""
        name, owner = f"outgoing:{id}", new_id("out")
        if not await self._take(name, owner):
            yield False
            return
        keeping = asyncio.create_task(self._keep(name, owner))
        try:
            yield True
        finally:
            keeping.cancel()
            with suppress(Unavailable):  # then it runs out by itself
                async with self._outbox.ledger.transaction() as tx:
                    await tx.leases.release(name, owner)

    async def _take(self, name: str, owner: str) -> bool:
        async with self._outbox.ledger.transaction() as tx:
            return await tx.leases.take(name, owner, tx.now, tx.now + SYNC_LEASE)

    async def _keep(self, name: str, owner: str) -> None:
        while True:
            await asyncio.sleep(SYNC_LEASE.total_seconds() / 3)
            try:
                await self._take(name, owner)
            except Unavailable as error:
                log.info("a lease could not be renewed: %s", error)


def standing(row: ForgeSyncRow | None, sha: str) -> str:
    """Where a pushed commit is, in words that follow a comma; empty where the forge is the company's own store."""
    if row is None:
        return ""
    return ", and at the forge" if row.remote_sha == sha else f", and waits to go out to the forge: {_why(row)}"


def waits(row: ForgeSyncRow | None) -> str | None:
    """Why what was pushed is not at the forge now; None when it is, or has not to be."""
    return None if row is None or row.target_sha == row.remote_sha else _why(row)


def _why(row: ForgeSyncRow) -> str:
    return row.reason or "it is on its way"


def _tell(tx: Transaction, errand: PendingSync, after: ForgeSyncStatus, reason: str) -> None:
    before = errand.row.status if errand.row.status != after else None
    change = StateChange(id=errand.row.id, before=before, after=after, reason=reason)
    tx.events.append(EventKind.FORGE, "office", change, errand.row.mission_id, errand.artifact.task_id)


def _question(errand: PendingSync, reason: str) -> str:
    where = errand.artifact.detail.get("web_url") or errand.artifact.name
    return (
        f"The code of {errand.row.name} does not go out: {reason}. It is safe in the company's own store, and is tried "
        f"again every minute. Move those commits off main at {where} (or remove them), or deny this to leave it so."
    )
