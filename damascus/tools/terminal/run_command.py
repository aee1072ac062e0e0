"""`run_command`."""

from pydantic import Field

from damascus.tools.services import ToolServices
from damascus.tools.tool import Arguments, Danger, ToolContext, ToolResult
from damascus.work.delivery import repositories
from damascus.work.tasks import tasks

NO_GIT = (
    "\n[git has no data in the workshop. Call your tools: `diff` for `git status` and `git diff`, with a commit for "
    "`git show`; `history` for `git log`; `restore` for `git restore`, `git checkout`, `git stash`; `commit`; `push`.]"
)


class RunCommandArguments(Arguments):
    command: str = Field(min_length=1, max_length=8000, description="for the shell; there is no network")


class RunCommandTool:
    """Runs a shell command in the workshop, in the task's repository or a scratch folder of the role."""

    name = "run_command"
    description = "Run a shell command in the repository's working copy, without network and within limits."
    parameters = RunCommandArguments
    danger = Danger.EXECUTE
    idempotent = False

    def __init__(self, services: ToolServices) -> None:
        self._services = services

    async def run(self, context: ToolContext, arguments: RunCommandArguments) -> ToolResult:
        task, workspaces = context.task, self._services.workspaces
        async with self._services.outbox.transaction() as tx:
            await tasks.fence(tx, task)
            row = await repositories.of_task(tx, task, or_only=task.role in self._services.coders)
        if row is not None:
            workspace = repositories.workspace(workspaces, context.mission, row.name)
        else:
            workspace = repositories.scratch(workspaces, context.mission, task.role)
            workspace.mkdir(parents=True, exist_ok=True)
        ended = await self._services.workshop.run(arguments.command, workspace)
        note = ", the time ran out" if ended.timed_out else ""
        hint = NO_GIT if "not a git repository" in ended.output else ""
        return ToolResult(f"exit {ended.exit_code} ({ended.seconds:.1f} s{note})\n{ended.output}{hint}")
