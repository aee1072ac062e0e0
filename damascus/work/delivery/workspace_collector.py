"""Removes what ended missions leave on the disk: workspaces, their git data, and copies whose test run was killed.

Each worker collects in its own process, since in containers only it has the volume. Doing it twice, or in several
processes at once, does no harm. What was pushed stays: it is in the local store, from which the forge is synced.
"""

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from damascus.core.clock import Clock
from damascus.core.errors import Unavailable
from damascus.core.records.missions import MissionStatus
from damascus.core.records.tasks import TaskStatus
from damascus.forge.port import Forge
from damascus.ledger.transaction import ReadTransaction
from damascus.work.delivery.handover import Handover
from damascus.work.delivery.repositories import CODE_FOLDER
from damascus.work.outbox import Outbox
from damascus.workshop import litter

log = logging.getLogger(__name__)

ROUND_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class WorkspaceCollector:
    """Keeps in `workspaces` those of the `keep` missions that ended last, and of each that has not ended.

    What people were handed is completed on the way.
    """

    outbox: Outbox
    forge: Forge
    clock: Clock
    workspaces: Path
    checks: Path
    keep: int
    handover: Handover

    async def run(self) -> None:
        """Collect at once and then every ROUND_SECONDS, until cancelled."""
        while True:
            try:
                await self.collect()
            except (OSError, Unavailable) as error:
                log.warning("workspaces of ended missions are removed later: %s", error)
            await self.clock.sleep(ROUND_SECONDS)

    async def collect(self) -> None:
        """Remove what is to go now. Raises OSError if the disk does not let it, Unavailable if the ledger does not."""
        await self.handover.complete()
        await asyncio.to_thread(litter.remove_unlocked, self.checks)
        place = self.workspaces / CODE_FOLDER
        await asyncio.to_thread(litter.remove_discarded, place)
        for folder in await self._outdated(await asyncio.to_thread(litter.folders, place)):
            # its git data first: as long as the folder is there, a crash is made good by the next round
            for workspace in await asyncio.to_thread(litter.folders, folder):
                await self.forge.forget_workspace(workspace)
            await asyncio.to_thread(litter.discard, folder)
            log.info("the workspaces of the ended mission %s were removed", folder.name)

    async def _outdated(self, folders: list[Path]) -> list[Path]:
        """Return the missions' folders that are not kept; one whose mission the ledger does not know is."""
        if len(folders) <= self.keep:
            return []
        async with self.outbox.reading() as tx:
            ended = [(when, folder) for folder in folders if (when := await _ended_at(tx, folder.name)) is not None]
            older = [folder for _, folder in sorted(ended, reverse=True)[self.keep :]]
            return [folder for folder in older if await _is_settled(tx, folder.name)]


async def _ended_at(tx: ReadTransaction, slug: str) -> datetime | None:
    mission = await tx.missions.by_slug(slug)
    return mission.finished_at if mission is not None and mission.status in MissionStatus.ENDED else None


async def _is_settled(tx: ReadTransaction, slug: str) -> bool:
    """Return True if nobody works on the mission any more, nor on having its code at the forge."""
    mission = await tx.missions.by_slug(slug)
    if mission is None:
        return False
    tasks = await tx.tasks.of_mission(mission.id)
    syncs = await tx.forge_syncs.of_mission(mission.id)
    return all(task.status in TaskStatus.ENDED for task in tasks) and all(sync.settled_at for sync in syncs)
