"""Which repository a task works on, and where its working copy is."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from damascus.core.records.artifacts import Artifact, ArtifactKind
from damascus.core.records.directives import ExistingCode
from damascus.core.records.missions import Mission
from damascus.core.records.tasks import Task
from damascus.forge.port import Repository
from damascus.ledger.transaction import ReadTransaction

CODE_FOLDER = "code"
SCRATCH = "scratch-"
BRANCHES = "damascus"
MAX_NAMED = 10


def workspace(workspaces: Path, mission: Mission, name: str) -> Path:
    """Return the path of the working copy of a mission's repository."""
    return workspaces / CODE_FOLDER / mission.slug / name


def scratch(workspaces: Path, mission: Mission, role: str) -> Path:
    """Return the folder in which a role without a repository runs its commands."""
    return workspaces / CODE_FOLDER / mission.slug / f"{SCRATCH}{role}"


def repository_of(artifact: Artifact) -> Repository:
    """Return the forge's repository of an artifact; its name there may differ from the one in the mission."""
    detail = artifact.detail
    made = Repository(name=detail.repository, url=artifact.path, web_url=detail.web_url)
    return replace(made, branch=detail.branch, base=detail.base) if detail.base else made


def branch_of(mission: Mission) -> str:
    """Return the branch of a mission in code of somebody's."""
    return f"{BRANCHES}/{mission.slug}"


async def existing_code(tx: ReadTransaction, mission: Mission) -> ExistingCode | None:
    """Return the code of somebody's that a mission works on, None if it makes its own."""
    directive = await tx.directives.find(mission.directive_id)
    return directive.options.code if directive else None


async def of_task(tx: ReadTransaction, task: Task, *, or_only: bool = True) -> Artifact | None:
    """Return the repository that a task made, or with `or_only` the only one of its mission.

    Returns None if there is no such repository.
    """
    made = await tx.artifacts.of_mission(task.mission_id, ArtifactKind.REPOSITORY)
    own = [artifact for artifact in made if artifact.task_id == task.id]
    if own:
        return own[-1]
    return made[0] if or_only and len(made) == 1 else None


def pushed(made: list[Artifact], name: str) -> list[Artifact]:
    """Return the commits, among a mission's artifacts, that were pushed to a repository's `main`; oldest first."""
    commits = [row for row in made if row.kind == ArtifactKind.COMMIT and row.detail.repository == name]
    # a push carries the commits before it, too; those after the last one are in the working copy only
    return commits[: max((at for at, row in enumerate(commits, start=1) if row.detail.pushed), default=0)]


def finished(made: list[Artifact]) -> list[Artifact]:
    """Return the repositories, among a mission's artifacts, that were pushed."""
    return [row for row in made if row.kind == ArtifactKind.REPOSITORY and pushed(made, row.name)]


def left_out_note(paths: Sequence[str]) -> str:
    """Return what is said of CI files that a commit leaves out, empty if there are none."""
    if not paths:
        return ""
    return (
        f"; held back, since a forge executes them by itself: {', '.join(paths[:MAX_NAMED])} "
        "(`ceo policy delivery.ci_files send` sends them)"
    )
