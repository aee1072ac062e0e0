"""Where a task's commands run: its repository's working copy, or a scratch folder of its role."""

from damascus.tools.services import ToolServices
from damascus.tools.terminal.scratch_copies import CommandPlace, enter_scratch
from damascus.tools.tool import ToolContext
from damascus.work.delivery import repositories
from damascus.work.tasks import tasks


async def enter_place(services: ToolServices, context: ToolContext) -> CommandPlace:
    """Return the folder, which is there and stays as it is until left. Raises LeaseLost if another has the task."""
    task, workspaces = context.task, services.workspaces
    async with services.outbox.transaction() as tx:
        await tasks.fence(tx, task)
        row = await repositories.of_task(tx, task, or_only=task.role in services.coders)
    if row is not None:
        return CommandPlace(repositories.workspace(workspaces, context.mission, row.name))
    return await enter_scratch(services, context, repositories.scratch(workspaces, context.mission, task.role))
