"""Finds the folder that a task works in: its repository's working copy, or a copy of what it reviews or builds on."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from damascus.core.confined_folder import ConfinedFolder
from damascus.core.errors import NotFound
from damascus.core.records.tasks import TaskKind
from damascus.tools.finished_copy import finished_copy
from damascus.tools.reviewed_copy import reviewed_copy
from damascus.tools.services import ToolServices
from damascus.tools.tool import ToolContext
from damascus.work.delivery import repositories


async def folder_of_task(services: ToolServices, context: ToolContext) -> ConfinedFolder:
    """Return the working copy of the repository that the call's task works on. Raises NotFound if it has none."""
    async with services.outbox.reading() as tx:
        repository = await repositories.of_task(tx, context.task)
    if repository is None:
        raise NotFound("this task has no repository yet; call `create_repository` first")
    return ConfinedFolder(repositories.workspace(services.workspaces, context.mission, repository.name))


@asynccontextmanager
async def readable_folder(services: ToolServices, context: ToolContext) -> AsyncIterator[ConfinedFolder]:
    """Yield the folder that the call's task may read: what it works on, or a copy of what it reviews or builds on."""
    if context.task.kind != TaskKind.REVIEW and context.task.role in services.coders:
        yield await folder_of_task(services, context)
        return
    copy = reviewed_copy if context.task.kind == TaskKind.REVIEW else finished_copy
    async with copy(services, context) as path:
        yield ConfinedFolder(path)
