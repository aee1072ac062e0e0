"""Where a task's files are: the jail around its repository's working copy."""

from damascus.core.errors import NotFound
from damascus.tools.base import Context
from damascus.tools.files.jail import Jail
from damascus.tools.services import Services
from damascus.work import repositories


async def jail_of(services: Services, context: Context) -> Jail:
    """The jail of the repository that the call's task works on; raises NotFound when it has none."""
    async with services.outbox.reading() as tx:
        repository = await repositories.of_task(tx, context.task)
    if repository is None:
        raise NotFound("this task has no repository yet; call `create_repository` first")
    return Jail(repositories.workspace(services.workspaces, context.mission, repository.name))
