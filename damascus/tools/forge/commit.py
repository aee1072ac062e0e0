"""`commit`."""

from pydantic import Field

from damascus.core.errors import Invalid, NotFound
from damascus.core.records.artifacts import Artifact, ArtifactDetail, ArtifactKind
from damascus.core.records.tasks import Task
from damascus.ledger.transaction import ReadTransaction
from damascus.tools.services import ToolServices
from damascus.tools.tool import Arguments, Danger, ToolContext, ToolResult
from damascus.work import artifacts
from damascus.work.delivery import repositories
from damascus.work.tasks import tasks


class CommitArguments(Arguments):
    message: str = Field(min_length=1, max_length=4000, description="what was changed and why")


class CommitTool:
    """Commits the whole working copy as the persona; says so when there is nothing to commit."""

    name = "commit"
    description = "Commit every change in the repository's working copy."
    parameters = CommitArguments
    danger = Danger.WRITE
    idempotent = True

    def __init__(self, services: ToolServices) -> None:
        self._services = services

    async def run(self, context: ToolContext, arguments: CommitArguments) -> ToolResult:
        outbox, forge, task = self._services.outbox, self._services.forge, context.task
        async with outbox.transaction() as tx:
            await tasks.fence(tx, task)
            row = await repositories.of_task(tx, task)
            issue = await _issue(tx, row, task) if row else None
        if row is None:
            raise NotFound("this task has no repository yet; call `create_repository` first")
        workspace = repositories.workspace(self._services.workspaces, context.mission, row.name)
        author = context.author
        message = f"{arguments.message.strip()}\n\nMission: {context.mission.id}\nTask: {task.id}"
        message += f"\nCloses #{issue}" if issue else ""
        made = await forge.commit(workspace, message, author)
        sha = made or await forge.workspace_head(workspace)
        if sha is None:
            raise Invalid("nothing to commit: the working copy is empty; write files first")
        async with outbox.transaction() as tx:
            await tasks.fence(tx, task)
            if await tx.artifacts.named(task.mission_id, ArtifactKind.COMMIT, sha) is None:
                link = forge.commit_link(repositories.repository_of(row), sha)
                detail = ArtifactDetail(message=arguments.message, repository=row.name)
                await artifacts.record(tx, task, ArtifactKind.COMMIT, sha, link, detail)
        return ToolResult(f"commit {sha}" if made else f"nothing to commit, head is {sha}")


async def _issue(tx: ReadTransaction, repository: Artifact, task: Task) -> int | None:
    """Return the number of the task's issue, None if the forge does not show it as one."""
    row = await tx.forge_syncs.find(repository.id)
    number, _ = (row.issues if row else {}).get(task.id, (None, None))
    return number
