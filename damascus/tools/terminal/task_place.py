"""Where a task's commands run: its repository's working copy, or a scratch folder of its role."""

from pathlib import Path

from damascus.tools.finished_copy import complete_scratch
from damascus.tools.services import ToolServices
from damascus.tools.tool import ToolContext
from damascus.work.delivery import repositories
from damascus.work.tasks import tasks


async def workspace_of(services: ToolServices, context: ToolContext) -> Path:
    """Return the folder, which is there. Raises LeaseLost if another worker has the task."""
    task, workspaces = context.task, services.workspaces
    async with services.outbox.transaction() as tx:
        await tasks.fence(tx, task)
        row = await repositories.of_task(tx, task, or_only=task.role in services.coders)
    if row is not None:
        return repositories.workspace(workspaces, context.mission, row.name)
    scratch = repositories.scratch(workspaces, context.mission, task.role)
    scratch.mkdir(parents=True, exist_ok=True)
    await complete_scratch(services, context, scratch)
    return scratch
