"""A fresh copy of what a review is about: a repository at the proven commit, or the reports of the mission.

Each call gets one of its own, so nothing that a reviewer's command changes is there afterwards.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from damascus.core.confined_folder import ConfinedFolder, EntryKind
from damascus.core.errors import NotFound
from damascus.core.records.tasks import DeliverableKind
from damascus.tools.file_text import MAX_FILE_BYTES
from damascus.tools.services import ToolServices
from damascus.tools.tool import ToolContext
from damascus.work.delivery import repositories
from damascus.work.delivery.report_files import REPORTS_FOLDER
from damascus.work.receipts.fresh_copy import fresh_copy

MAX_REPORTS = 200


@asynccontextmanager
async def reviewed_copy(services: ToolServices, context: ToolContext) -> AsyncIterator[Path]:
    """Yield a copy of what the call's review is about. Raises NotFound if there is no such thing."""
    async with services.outbox.reading() as tx:
        author = await tx.tasks.get(context.task.parent_id or "")
        row = await repositories.of_task(tx, author, or_only=False)
    checks = services.receipts.checks
    if author.deliverable.kind != DeliverableKind.CODE:
        async with fresh_copy(checks, partial(_copy_reports, services, context), context.mission.slug) as folder:
            yield folder
        return
    repository = repositories.repository_of(row) if row is not None else None
    head = await services.forge.head(repository) if repository is not None else None
    if repository is None or head is None:
        raise NotFound("there is no pushed commit to review")
    async with fresh_copy(checks, partial(services.forge.checkout, repository, head), head) as folder:
        yield folder


async def _copy_reports(services: ToolServices, context: ToolContext, path: Path) -> None:
    await asyncio.to_thread(_copy, services.shared / REPORTS_FOLDER / context.mission.slug, path)


def _copy(reports: Path, path: Path) -> None:
    path.mkdir(parents=True)
    source, copy = ConfinedFolder(reports), ConfinedFolder(path)
    for entry in source.entries("", MAX_REPORTS):
        if entry.kind == EntryKind.FILE and entry.name.endswith(".md"):
            copy.write(entry.name, source.read(entry.name, MAX_FILE_BYTES))
