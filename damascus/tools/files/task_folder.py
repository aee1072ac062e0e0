"""Finds the folder that a task works in: its repository's working copy, or a copy of what it reviews or builds on."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class ReadableFolder:
    """What a task may read; `note` says which commits of finished repositories that is, in lines of their own."""

    files: ConfinedFolder
    note: str = ""


@asynccontextmanager
async def readable_folder(services: ToolServices, context: ToolContext) -> AsyncIterator[ReadableFolder]:
    """Yield the folder that the call's task may read: what it works on, or a copy of what it reviews or builds on."""
    if context.task.kind == TaskKind.REVIEW:
        async with reviewed_copy(services, context) as path:
            yield ReadableFolder(ConfinedFolder(path))
    elif context.task.role in services.coders:
        yield ReadableFolder(await folder_of_task(services, context))
    else:
        async with finished_copy(services, context) as (path, commits):
            yield ReadableFolder(ConfinedFolder(path), commits)
