"""Earlier versions of reports: what a task that was asked for a report again supersedes, is kept beside it."""

import asyncio
from pathlib import Path

from damascus.core.confined_folder import ConfinedFolder
from damascus.core.records.artifacts import ArtifactKind
from damascus.core.records.missions import Mission
from damascus.core.records.tasks import Task
from damascus.ledger.transaction import ReadTransaction
from damascus.work import artifacts
from damascus.work.delivery.report_files import MAX_REPORT_BYTES, REPORTS_FOLDER

EARLIER_FOLDER = "earlier"


async def keep_earlier(tx: ReadTransaction, task: Task, mission: Mission, name: str, shared: Path) -> tuple[str, ...]:
    """Keep what a task is about to supersede, and return the paths of all earlier versions of its report.

    A version that is kept already is not written again: after a crash what is at its place may be the new one.
    """
    known = await tx.artifacts.named(mission.id, ArtifactKind.REPORT, name)
    if known is None:
        return ()
    earlier = known.detail.earlier
    if not await artifacts.is_superseded_by(tx, task, known):
        return earlier
    path = f"{REPORTS_FOLDER}/{mission.slug}/{EARLIER_FOLDER}/{name}-{len(earlier) + 1}.md"
    await asyncio.to_thread(_copy, ConfinedFolder(shared), known.path, path)
    return (*earlier, path)


def _copy(shared: ConfinedFolder, path: str, to: str) -> None:
    shared.place(to, shared.read(path, MAX_REPORT_BYTES), executable=False)
