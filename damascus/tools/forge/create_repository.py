"""`create_repository`."""

import asyncio
from dataclasses import replace
from pathlib import Path

from pydantic import Field

from damascus.core.confined_folder import ConfinedFolder
from damascus.core.errors import Conflict, Invalid
from damascus.core.records.artifacts import ArtifactDetail, ArtifactKind
from damascus.core.records.directives import ExistingCode
from damascus.core.records.tasks import DeliverableKind, Task
from damascus.core.text import slug
from damascus.forge.port import Repository
from damascus.ledger.transaction import ReadTransaction
from damascus.tools.forge.skeleton import TEST_COMMANDS, Skeleton, files_of
from damascus.tools.services import ToolServices
from damascus.tools.tool import Arguments, Danger, ToolContext, ToolResult
from damascus.work import artifacts
from damascus.work.delivery import repositories
from damascus.work.tasks import tasks


class CreateRepositoryArguments(Arguments):
    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,59}$")
    description: str = Field(min_length=1, max_length=500)
    kind: Skeleton = Field(default=Skeleton.EMPTY, description="begin with files that run and are tested")


class CreateRepositoryTool:
    """Makes a repository in the forge and its working copy."""

    name = "create_repository"
    description = "Create a repository and its working copy, where the file tools work; one that is there is opened."
    parameters = CreateRepositoryArguments
    danger = Danger.WRITE
    idempotent = True

    def __init__(self, services: ToolServices) -> None:
        self._services = services

    async def run(self, context: ToolContext, arguments: CreateRepositoryArguments) -> ToolResult:
        outbox, forge, name = self._services.outbox, self._services.forge, arguments.name
        _check_deliverable(context.task, name)
        async with outbox.transaction() as tx:
            await tasks.fence(tx, context.task)
            await _check_name(tx, context.task, name)
            code = await repositories.existing_code(tx, context.mission)
        detail, made = await self._make(context, arguments, code)
        place = repositories.workspace(self._services.workspaces, context.mission, name)
        await forge.open_workspace(made, place)
        async with outbox.transaction() as tx:
            await tasks.fence(tx, context.task)
            await tx.missions.lock(context.mission.id)
            await _check_name(tx, context.task, name)
            known = await tx.artifacts.named(context.mission.id, ArtifactKind.REPOSITORY, name)
            url = made.url
            if known is not None and known.detail.web_url:  # published before
                url, detail = known.path, replace(detail, web_url=known.detail.web_url)
            row = await artifacts.record(tx, context.task, ArtifactKind.REPOSITORY, name, url, detail)
            artifacts.announce(tx, context.task, row)
            await self._services.forge_sync.schedule(tx, row)
        await self._services.forge_sync.sync_now(row.id)
        if detail.base:
            return ToolResult(
                f"opened {name}, cloned from {detail.origin} at {detail.base[:12]}; its files are in the working copy, "
                f"and `push` goes to the branch {detail.branch}"
            )
        if known is not None:
            return ToolResult(
                f"opened repository {name} ({url}), which is there already; `list_files` shows what is in it"
            )
        begun = await asyncio.to_thread(_begin, place, Skeleton.EMPTY if detail.origin else arguments.kind)
        return ToolResult(f"created repository {name} ({url}); its working copy {begun}")

    async def _make(
        self, context: ToolContext, arguments: CreateRepositoryArguments, code: ExistingCode | None
    ) -> tuple[ArtifactDetail, Repository]:
        forge, name, words = self._services.forge, arguments.name, arguments.description
        if code is None or code.name != name:
            made = await forge.create_repository(name, words, context.mission.id)
            return ArtifactDetail(description=words, repository=made.name, web_url=made.web_url), made
        made = await forge.create_repository(name, f"from {code.origin}", context.mission.directive_id)
        branch = repositories.branch_of(context.mission)
        detail = ArtifactDetail(
            description=words, repository=made.name, web_url=made.web_url, origin=code.origin, base=code.sha,
            branch=branch,
        )  # fmt: skip
        return detail, replace(made, branch=branch, base=code.sha)


def _begin(place: Path, kind: Skeleton) -> str:
    """Write a skeleton's files where none is yet, and return what to say of the working copy."""
    if kind == Skeleton.EMPTY:
        return "is ready for files"
    folder = ConfinedFolder(place)
    files = dict(files_of(kind))
    for path, data in files.items():
        folder.write(path, data)
    return f"has {', '.join(files)}, to be made yours; its tests: `{TEST_COMMANDS[kind]}`"


def _check_deliverable(task: Task, name: str) -> None:
    wanted = task.deliverable.name
    if task.deliverable.kind == DeliverableKind.CODE and name != wanted:
        raise Invalid(f"this task delivers the repository {wanted!r}: create it under exactly that name")
    if name.startswith(repositories.SCRATCH):
        raise Invalid(f"names that begin with {repositories.SCRATCH!r} are kept for folders without a repository")


async def _check_name(tx: ReadTransaction, task: Task, name: str) -> None:
    if await artifacts.belongs_to_other_task(tx, task, ArtifactKind.REPOSITORY, name):
        raise Conflict(f"the repository {name!r} is another task's; choose another name")
    for other in await tx.artifacts.of_mission(task.mission_id, ArtifactKind.REPOSITORY):
        if other.name != name and slug(other.name) == slug(name):
            raise Conflict(f"{name!r} is too like the repository {other.name!r}; choose another name")
