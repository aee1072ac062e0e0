"""What a person is handed who does not use git: a zip beside the folder, and a change of somebody's code as a page.

All of it is made of commits that were pushed, which the tests passed on, by the program alone.
"""

import asyncio
import logging
from dataclasses import dataclass
from pathlib import Path

from damascus.core.errors import DamascusError
from damascus.core.files import write_whole
from damascus.core.records.artifacts import Artifact, ArtifactKind
from damascus.core.records.missions import Mission
from damascus.forge.port import Forge
from damascus.ledger.transaction import ReadTransaction
from damascus.work.delivery import board_texts, repositories
from damascus.work.delivery.public_copy import update_public_copy
from damascus.work.delivery.repositories import CODE_FOLDER
from damascus.work.delivery.starting import find_start, tells_of_start
from damascus.work.outbox import Outbox

log = logging.getLogger(__name__)

PULL_REQUEST = "PULL_REQUEST.md"


def folder_of(mission: Mission, name: str) -> str:
    """Return where the files of a repository are, below the shared folder."""
    return f"{CODE_FOLDER}/{mission.slug}/{name}"


def zip_of(mission: Mission, name: str) -> str:
    return f"{folder_of(mission, name)}.zip"


def pull_request_of(mission: Mission) -> str:
    return f"{CODE_FOLDER}/{mission.slug}/{PULL_REQUEST}"


@dataclass(frozen=True, slots=True)
class Handover:
    """Writes below `shared` what was pushed. Not promised: that it is there; one that fails is logged, and done again.

    Doing it twice, or in several processes at once, does no harm.
    """

    outbox: Outbox
    forge: Forge
    shared: Path

    async def hand_over(self, mission: Mission, row: Artifact, sha: str) -> tuple[list[str], str]:
        """Write folder, zip and page of a pushed commit. Returns what the folder leaves out, and what starts it."""
        repository = repositories.repository_of(row)
        left_out = await update_public_copy(self.forge, repository, sha, self.shared / folder_of(mission, row.name))
        try:
            await self._write_zip(mission, row, sha)
            start = find_start(await self.forge.read_files(repository, sha, tells_of_start))
        except (DamascusError, OSError) as error:
            log.warning("commit %s of %s could not be handed over whole: %s", sha, row.name, error)
            start = ""
        return left_out, start

    async def describe(self, mission: Mission, row: Artifact) -> None:
        """Write the page of a change to somebody's code, as the ledger has it now."""
        if not row.detail.base:
            return
        async with self.outbox.reading() as tx:
            page = await _page(tx, mission, row)
        try:
            await asyncio.to_thread(write_whole, self.shared / pull_request_of(mission), page)
        except OSError as error:
            log.warning("the pull request of %s could not be written: %s", mission.slug, error)

    async def complete(self) -> None:
        """Write again the zips that are missing, and pages that are older than their mission's end.

        Raises Unavailable if the ledger is.
        """
        for slug, written in await asyncio.to_thread(self._pages):
            async with self.outbox.reading() as tx:
                mission = await tx.missions.by_slug(slug)
                made = await tx.artifacts.of_mission(mission.id, ArtifactKind.REPOSITORY) if mission else []
            if mission is not None and mission.finished_at and written < mission.finished_at.timestamp():
                for changed in made:
                    await self.describe(mission, changed)
        for slug, name in await asyncio.to_thread(self._without_zip):
            async with self.outbox.reading() as tx:
                mission = await tx.missions.by_slug(slug)
                made = await tx.artifacts.of_mission(mission.id) if mission else []
            row = next((one for one in made if (one.kind, one.name) == (ArtifactKind.REPOSITORY, name)), None)
            commits = repositories.pushed(made, name)
            if mission is not None and row is not None and commits:
                try:
                    await self._write_zip(mission, row, commits[-1].name)
                except (DamascusError, OSError) as error:
                    log.warning("the zip of %s could not be written: %s", name, error)

    async def _write_zip(self, mission: Mission, row: Artifact, sha: str) -> None:
        data = await self.forge.zip(repositories.repository_of(row), sha)
        place = self.shared / zip_of(mission, row.name)
        await asyncio.to_thread(place.parent.mkdir, parents=True, exist_ok=True)
        await asyncio.to_thread(write_whole, place, data)

    def _pages(self) -> list[tuple[str, float]]:
        found = (self.shared / CODE_FOLDER).glob(f"*/{PULL_REQUEST}")
        return [(page.parent.name, page.stat().st_mtime) for page in found]

    def _without_zip(self) -> list[tuple[str, str]]:
        folders = (self.shared / CODE_FOLDER).glob("*/*/")
        return [
            (folder.parent.name, folder.name)
            for folder in folders
            if not folder.name.startswith(".") and not folder.with_name(f"{folder.name}.zip").exists()
        ]


async def _page(tx: ReadTransaction, mission: Mission, row: Artifact) -> str:
    task = await tx.tasks.get(row.task_id)
    receipts = [one for one in await tx.receipts.of_mission(mission.id) if one.task_id == task.id and one.ok]
    cost = sum(spend.cost for spend in await tx.usage.by("task_id", mission.id))
    request = board_texts.pull_request(mission, row, task, receipts, cost)
    take = f"git fetch {row.path} {request.branch}\ngit merge FETCH_HEAD"
    how = f"In a clone of {row.detail.origin}, take it over with\n\n```\n{take}\n```\n"
    return f"# {request.title}\n\n{request.text}\n\n{how}"
