"""Finds the working copy that a task's calls are about."""

from pathlib import Path

from damascus.core.errors import NotFound
from damascus.tools.services import ToolServices
from damascus.tools.tool import ToolContext
from damascus.work.delivery import repositories


async def working_copy(services: ToolServices, context: ToolContext) -> Path:
    """Return the working copy of the task's repository. Raises NotFound if the task has none."""
    async with services.outbox.reading() as tx:
        row = await repositories.of_task(tx, context.task)
    if row is None:
        raise NotFound("this task has no repository yet; call `create_repository` first")
    return repositories.workspace(services.workspaces, context.mission, row.name)
