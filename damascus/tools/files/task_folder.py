"""Where a task's files are: the jail around its repository's working copy."""

from damascus.core.errors import NotFound
from damascus.tools.confined_folder import ConfinedFolder
from damascus.tools.services import ToolServices
from damascus.tools.tool import ToolContext
from damascus.work.delivery import repositories


async def folder_of_task(services: ToolServices, context: ToolContext) -> ConfinedFolder:
    """The jail of the repository that the call's task works on; raises NotFound when it has none."""
    async with services.outbox.reading() as tx:
        repository = await repositories.of_task(tx, context.task)
    if repository is None:
        raise NotFound("this task has no repository yet; call `create_repository` first")
    return ConfinedFolder(repositories.workspace(services.workspaces, context.mission, repository.name))
