"""Copies of the repositories that a mission has finished, for those who describe them or depend on them.

Each is at the commit that was pushed, in a folder of its name: `NAME/README.md`. Nothing that is done to a copy reaches
the repository.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from damascus.core.errors import NotFound
from damascus.core.records.missions import Mission
from damascus.forge.port import Repository
from damascus.tools.services import ToolServices
from damascus.tools.tool import ToolContext
from damascus.work.delivery import repositories
from damascus.work.receipts.fresh_copy import fresh_copy

SHOWN_DIGITS = 12
FinishedCode = dict[str, tuple[Repository, str]]


async def finished(services: ToolServices, mission: Mission) -> FinishedCode:
    """Return the mission's repositories that were pushed, each with its head."""
    async with services.outbox.reading() as tx:
        made = await tx.artifacts.of_mission(mission.id)
    found = FinishedCode()
    for row in repositories.finished(made):
        head = await services.forge.head(repositories.repository_of(row))
        if head is not None:
            found[row.name] = repositories.repository_of(row), head
    return found


@asynccontextmanager
async def finished_copy(services: ToolServices, context: ToolContext) -> AsyncIterator[tuple[Path, str]]:
    """Yield a folder with a copy of each, and which commits they are at. Raises NotFound if there is none."""
    found = await finished(services, context.mission)
    if not found:
        raise NotFound("no repository of this mission is finished yet; there is nothing to read")
    async with fresh_copy(services.receipts.checks, partial(_export, services, found), context.mission.slug) as folder:
        yield folder, "".join(f"\n[{name}/ is at commit {head[:SHOWN_DIGITS]}]" for name, (_, head) in found.items())


async def _export(services: ToolServices, found: FinishedCode, path: Path) -> None:
    for name, (repository, head) in found.items():
        await services.forge.checkout(repository, head, path / name)
