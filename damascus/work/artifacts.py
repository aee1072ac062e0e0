"""What a mission made: a row for each report, repository and commit, and an event when it is made."""

from damascus.core.events import ArtifactMade, EventKind
from damascus.core.ids import new_id
from damascus.core.records.artifacts import Artifact, ArtifactDetail, ArtifactKind
from damascus.core.records.tasks import Task, TaskStatus
from damascus.ledger.transaction import ReadTransaction, Transaction


async def belongs_to_other_task(tx: ReadTransaction, task: Task, kind: ArtifactKind, name: str) -> bool:
    """Return True if a name is taken by another task, unless that one failed or was cancelled: its names are free."""
    known = await tx.artifacts.named(task.mission_id, kind, name)
    return known is not None and await _belongs_to_other(tx, task, known)


async def record(
    tx: Transaction, task: Task, kind: ArtifactKind, name: str, path: str, detail: ArtifactDetail
) -> Artifact:
    """Insert the artifact's row, or update the one of this kind and name. Returns the artifact.

    A row that belongs to another task stays with that task.
    """
    known = await tx.artifacts.named(task.mission_id, kind, name)
    owner = known.task_id if known is not None and await _belongs_to_other(tx, task, known) else task.id
    artifact = Artifact(
        id=known.id if known else new_id("art"), mission_id=task.mission_id, task_id=owner, kind=kind, name=name,
        path=path, detail=detail, created_at=known.created_at if known else tx.now,
    )  # fmt: skip
    await tx.artifacts.put(artifact)
    return artifact


def announce(tx: Transaction, task: Task, artifact: Artifact) -> None:
    """Tell in the event log that a task made an artifact."""
    made = ArtifactMade(artifact_id=artifact.id, kind=artifact.kind, name=artifact.name, path=artifact.path)
    tx.events.append(EventKind.ARTIFACT, task.role, made, task.mission_id, task.id)


async def _belongs_to_other(tx: ReadTransaction, task: Task, known: Artifact) -> bool:
    return known.task_id != task.id and (await tx.tasks.get(known.task_id)).status not in TaskStatus.UNSUCCESSFUL
