"""`push`: main moves only to a commit that the tests passed on (docs/decisions/0011-main-is-proven.md)."""

from dataclasses import replace
from pathlib import Path

from damascus.core.errors import Conflict, NotFound
from damascus.core.failpoints import failpoint
from damascus.core.records.artifacts import Artifact, ArtifactDetail, ArtifactKind
from damascus.core.records.forge_syncs import ForgeSyncStatus
from damascus.tools.services import ToolServices
from damascus.tools.tool import Arguments, Danger, ToolContext, ToolResult
from damascus.work import artifacts
from damascus.work.delivery import repositories, sync_state
from damascus.work.delivery.handover import Handover
from damascus.work.tasks import tasks

MAX_NAMED = 10


class PushArguments(Arguments):
    pass


class PushTool:
    """Publishes the working copy's commits, once the tests pass on the last one."""

    name = "push"
    description = "Push the commits to main, which moves only if the last one passes its test command on a fresh copy."
    parameters = PushArguments
    danger = Danger.PUBLISH
    idempotent = True

    def __init__(self, services: ToolServices) -> None:
        self._services = services

    async def run(self, context: ToolContext, arguments: PushArguments) -> ToolResult:  # noqa: ARG002
        outbox, forge, task = self._services.outbox, self._services.forge, context.task
        async with outbox.transaction() as tx:
            await tasks.fence(tx, task)
            row = await repositories.of_task(tx, task)
        if row is None:
            raise NotFound("this task has no repository yet; call `create_repository` first")
        repository = repositories.repository_of(row)
        workspace = repositories.workspace(self._services.workspaces, context.mission, row.name)
        proven, tested = await self._prove(context, row, workspace)
        await context.lease.ensure()  # the tests took their time
        failpoint("before-push")
        sha = await forge.push(workspace, repository, proven)
        failpoint("after-push")
        handover = Handover(outbox, forge, self._services.shared)
        left_out, start = await handover.hand_over(context.mission, row, sha)
        link = forge.commit_link(repository, sha)
        async with outbox.transaction() as tx:
            await tasks.fence(tx, task)
            known = await tx.artifacts.named(task.mission_id, ArtifactKind.COMMIT, sha)
            before = known.detail if known else ArtifactDetail(repository=row.name)
            detail = replace(before, pushed=True)
            commit = await artifacts.record(tx, task, ArtifactKind.COMMIT, sha, link, detail)
            if not before.pushed:
                artifacts.announce(tx, task, commit)
            now = await tx.artifacts.get(row.id)
            await tx.artifacts.put(replace(now, detail=replace(now.detail, start=start)))
            await self._services.forge_sync.schedule(tx, row, sha)
        await handover.describe(context.mission, row)
        synced = await self._services.forge_sync.sync_now(row.id)
        if synced is not None and synced.status == ForgeSyncStatus.REFUSED:
            # the work is proven and safe; what the forge has to say of it is the CEO's to settle
            return ToolResult(
                f"pushed {sha} to main ({link}) in the company's own store, not at Gitea: {synced.reason}. There is a "
                "question on the CEO's desk; do not push again for it: continue with your task"
            )
        async with outbox.reading() as tx:
            link = (await tx.artifacts.named(task.mission_id, ArtifactKind.COMMIT, sha) or known or row).path
        return ToolResult(
            f"pushed {sha} to main ({link}){sync_state.sync_note(synced, sha)}; {tested}{_note(left_out)}"
        )

    async def _prove(self, context: ToolContext, row: Artifact, workspace: Path) -> tuple[str | None, str]:
        """Return the last commit, None if there is none, and what its receipt says.

        What is committed meanwhile is not pushed with it.

        Raises Conflict if the tests do not pass on it.
        """
        sha = await self._services.forge.workspace_head(workspace)
        if sha is None:
            return None, ""
        receipt = await self._services.receipts.verify_commit(context.task, row, workspace, sha)
        if not receipt.ok:
            raise Conflict(f"main stays where it is: {receipt.text}")
        return sha, receipt.text


def _note(left_out: list[str]) -> str:
    shown = ", ".join(left_out[:MAX_NAMED]) + (f" and {len(left_out) - MAX_NAMED} more" if left_out[MAX_NAMED:] else "")
    return f"; not in the copy that people browse, since tools of theirs run it by themselves: {shown}" if shown else ""
