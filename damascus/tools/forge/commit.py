"""`commit`."""

from dataclasses import replace
from functools import partial

from pydantic import Field

from damascus.core.errors import Invalid, NotFound
from damascus.core.records.artifacts import Artifact, ArtifactDetail, ArtifactKind
from damascus.core.records.tasks import Task
from damascus.forge.ci_files import is_ci_file
from damascus.forge.harmless import harmless
from damascus.forge.port import FileChange, never
from damascus.ledger.transaction import ReadTransaction
from damascus.tools.file_text import printable
from damascus.tools.services import ToolServices
from damascus.tools.tool import Arguments, Danger, ToolContext, ToolResult
from damascus.work import artifacts, policies
from damascus.work.delivery import repositories
from damascus.work.tasks import tasks

MAX_NAMED = 30
NOT_TOLD = frozenset({"__pycache__", ".pytest_cache", "node_modules", ".venv"})


class CommitArguments(Arguments):
    message: str = Field(min_length=1, max_length=4000, description="what and why")


class CommitTool:
    """Commits the whole working copy as the persona; says so when there is nothing to commit."""

    name = "commit"
    description = "Commit every change; says what changed, and what was ignored."
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
            sends_ci_files = not forge.is_remote or (await policies.delivery(tx)).ci_files == "send"
        if row is None:
            raise NotFound("this task has no repository yet; call `create_repository` first")
        workspace = repositories.workspace(self._services.workspaces, context.mission, row.name)
        author = context.author
        # the program alone says which issue a commit is of: a model could name another task's
        message = f"{harmless(arguments.message).strip()}\n\nMission: {context.mission.id}\nTask: {task.id}"
        message += f"\nRefs #{issue}" if issue else ""
        left_out: list[str] = []
        ignored: list[str] = []
        made = await forge.commit(
            workspace,
            message,
            author,
            never if sends_ci_files else partial(_leave_out, left_out),
            lambda path: ignored.append("/".join(path)),
        )
        sha = made or await forge.workspace_head(workspace)
        if sha is None:
            raise Invalid("nothing to commit: the working copy is empty; write files first")
        async with outbox.transaction() as tx:
            await tasks.fence(tx, task)
            known = await tx.artifacts.named(task.mission_id, ArtifactKind.COMMIT, sha)
            blank = ArtifactDetail(message=arguments.message, repository=row.name)
            detail = replace(known.detail if known else blank, left_out=tuple(left_out))
            if known is None or known.detail != detail:
                link = known.path if known else forge.commit_link(repositories.repository_of(row), sha)
                await artifacts.record(tx, task, ArtifactKind.COMMIT, sha, link, detail)
        done = f"commit {sha}" if made else f"nothing to commit, head is {sha}"
        shown = _changed(await forge.changes(workspace, sha)) if made else ""
        return ToolResult(f"{done}{repositories.left_out_note(left_out)}{shown}{_ignored(ignored)}")


def _changed(changes: list[FileChange]) -> str:
    lines = [f"{printable(change.path)} +{change.added} -{change.removed}" for change in changes[:MAX_NAMED]]
    more = [f"and {len(changes) - MAX_NAMED} more files"] if changes[MAX_NAMED:] else []
    return "".join(f"\n{line}" for line in [*lines, *more])


def _ignored(paths: list[str]) -> str:
    """Say what a `.gitignore` of the model's left out; what every repository leaves out goes without saying."""
    told = [printable(path) for path in paths if path.rpartition("/")[2] not in NOT_TOLD and not path.endswith(".pyc")]
    more = f" and {len(told) - MAX_NAMED} more" if told[MAX_NAMED:] else ""
    return f"\nignored, and not in the commit: {', '.join(told[:MAX_NAMED])}{more}" if told else ""


def _leave_out(left_out: list[str], path: tuple[str, ...]) -> bool:
    if is_ci_file(path):
        left_out.append("/".join(path))
    return is_ci_file(path)


async def _issue(tx: ReadTransaction, repository: Artifact, task: Task) -> int | None:
    """Return the number of the task's issue, None if the forge does not show it in this repository."""
    board = await tx.forge_syncs.find(task.mission_id)
    if board is None or board.name != repository.detail.repository:
        return None
    number, _ = board.issues.get(task.id, (None, None))
    return number
