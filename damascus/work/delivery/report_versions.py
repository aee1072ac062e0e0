"""Earlier versions of reports: what a task that was asked for a report again supersedes, is kept beside it."""

import asyncio
from pathlib import Path

from damascus.core.confined_folder import ConfinedFolder
from damascus.core.records.artifacts import ArtifactKind
from damascus.core.records.missions import Mission
from damascus.core.records.tasks import Task
from damascus.ledger.transaction import ReadTransaction
from damascus.work import artifacts
from damascus.work.delivery.report_files import MAX_REPORT_BYTES, REPORTS_FOLDER, superseded

EARLIER_FOLDER = "earlier"


async def earlier_versions(tx: ReadTransaction, task: Task, mission: Mission, name: str) -> tuple[str, ...]:
    """Return the paths of all earlier versions of a report, oldest first, as they are once this task has written it."""
    known = await tx.artifacts.named(mission.id, ArtifactKind.REPORT, name)
    if known is None:
        return ()
    earlier = known.detail.earlier
    if not await artifacts.is_superseded_by(tx, task, known):
        return earlier
    return (*earlier, f"{REPORTS_FOLDER}/{mission.slug}/{EARLIER_FOLDER}/{name}-{len(earlier) + 1}.md")


async def keep_earlier(tx: ReadTransaction, task: Task, mission: Mission, name: str, shared: Path) -> tuple[str, ...]:
    """Keep what a task is about to supersede, and return the paths of all earlier versions of its report.

    The old one says which one holds. A version that is kept already is not written again: after a crash what is at its
    place may be the new one.
    """
    known = await tx.artifacts.named(mission.id, ArtifactKind.REPORT, name)
    earlier = await earlier_versions(tx, task, mission, name)
    if known is not None and earlier != known.detail.earlier:
        await asyncio.to_thread(_copy, ConfinedFolder(shared), known.path, earlier[-1])
    return earlier


def version_before(earlier: tuple[str, ...]) -> str:
    """Return the last of the earlier versions, as named from beside the one that holds; empty if there is none."""
    return f"{EARLIER_FOLDER}/{earlier[-1].rpartition('/')[2]}" if earlier else ""


def _copy(shared: ConfinedFolder, path: str, to: str) -> None:
    text = shared.read(path, MAX_REPORT_BYTES).decode("utf-8", "surrogateescape")
    old = superseded(text, f"../{path.rpartition('/')[2]}")
    shared.place(to, old.encode("utf-8", "surrogateescape"), executable=False)
