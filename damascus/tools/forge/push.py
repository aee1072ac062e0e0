"""`push`."""

from damascus.core.errors import Conflict, NotFound
from damascus.core.faults import boundary
from damascus.tools.base import Arguments, Context, Danger, Result
from damascus.tools.services import Services
from damascus.work import artifacts, outgoing, repositories, tasks


class PushArguments(Arguments):
    pass


class Push:
    """Publishes the working copy's commits."""

    name = "push"
    description = "Push the commits of the repository's working copy to main."
    parameters = PushArguments
    danger: Danger = "publish"
    idempotent = True

    def __init__(self, services: Services) -> None:
        self._services = services

    async def run(self, context: Context, arguments: PushArguments) -> Result:  # noqa: ARG002
        outbox, forge, task = self._services.outbox, self._services.forge, context.task
        async with outbox.transaction() as tx:
            await tasks.fence(tx, task)
            row = await repositories.of_task(tx, task)
        if row is None:
            raise NotFound("this task has no repository yet; call `create_repository` first")
        repository = repositories.from_row(row)
        workspace = repositories.workspace(self._services.workspaces, context.mission, row.name)
        boundary("before-push")
        sha = await forge.push(workspace, repository)
        boundary("after-push")
        if self._services.workspaces != self._services.shared:
            # people have no access to the workspaces; they get what was pushed
            place = repositories.workspace(self._services.shared, context.mission, row.name)
            await repositories.lay_out(forge, repository, sha, place)
        link = forge.commit_link(repository, sha)
        async with outbox.transaction() as tx:
            await tasks.fence(tx, task)
            known = await tx.artifacts.named(task.mission_id, "commit", sha)
            before = known.detail if known else {"message": "", "repository": row.name}
            detail = {**before, "pushed": True}
            news = not before.get("pushed")
            await artifacts.record(tx, task, "commit", sha, path=link, detail=detail, announce=news)
            await self._services.outgoing.enlist(tx, row, sha)
        out = await self._services.outgoing.attempt(row.id)
        if out is not None and out.status == "refused":
            raise Conflict(
                f"{sha} is in the company's own store, but {out.reason}. A question lies on the CEO's desk; do not "
                "push again for it: go on with your task"
            )
        async with outbox.reading() as tx:
            link = (await tx.artifacts.named(task.mission_id, "commit", sha) or known or row).path
        return Result(f"pushed {sha} to main ({link}){outgoing.standing(out, sha)}")
