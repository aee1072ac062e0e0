"""Which repository a task works on, and where its working copy lies."""

from pathlib import Path

from damascus.forge.base import Repository
from damascus.ledger.tables.artifacts import Artifact
from damascus.ledger.tables.missions import Mission
from damascus.ledger.tables.tasks import Task
from damascus.ledger.transaction import Transaction

FOLDER = "code"
SCRATCH = "scratch-"


def workspace(shared: Path, mission: Mission, name: str) -> Path:
    """The working copy of a mission's repository."""
    return shared / FOLDER / mission.slug / name


def scratch(shared: Path, mission: Mission, role: str) -> Path:
    """Where a role without a repository runs its commands."""
    return shared / FOLDER / mission.slug / f"{SCRATCH}{role}"


def from_row(artifact: Artifact) -> Repository:
    """The forge's repository behind an artifact; its name there may differ from the one in the mission."""
    return Repository(name=artifact.detail["repository"], url=artifact.path, web_url=artifact.detail.get("web_url"))


async def of_task(tx: Transaction, task: Task, *, or_only: bool = True) -> Artifact | None:
    """The repository that a task made; with `or_only`, else the only one of its mission; None when there is none."""
    made = await tx.artifacts.of_mission(task.mission_id, "repository")
    own = [artifact for artifact in made if artifact.task_id == task.id]
    if own:
        return own[-1]
    return made[0] if or_only and len(made) == 1 else None
