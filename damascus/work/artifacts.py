"""What a mission made: a row for each report, repository and commit, and an event when it is made."""

from damascus.core.events import ArtifactMade, EventKind
from damascus.core.ids import new_id
from damascus.core.records.artifacts import Artifact, ArtifactDetail, ArtifactKind
from damascus.core.records.tasks import DeliverableKind, Task, TaskStatus
from damascus.ledger.transaction import ReadTransaction, Transaction

_DELIVERABLES = {ArtifactKind.REPORT: DeliverableKind.REPORT, ArtifactKind.REPOSITORY: DeliverableKind.CODE}


async def belongs_to_other_task(tx: ReadTransaction, task: Task, kind: ArtifactKind, name: str) -> bool:
    """Return True if a name is another task's: one that must deliver it, else one that made it.

    The names of a task that failed or was cancelled are free, and nobody keeps a name from the task that must deliver
    it. Of two that must deliver the same, it is the first one's that makes it; but a report whose task is completed is
    superseded by who was asked for it again.
    """
    known = await tx.artifacts.named(task.mission_id, kind, name)
    if known is not None and await _belongs_to_other(tx, task, known):
        return True
    if _delivers(task, kind, name):
        return False
    others = [other for other in await tx.tasks.of_mission(task.mission_id) if other.id != task.id]
    return any(_delivers(other, kind, name) for other in others if other.status not in TaskStatus.UNSUCCESSFUL)


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
    if known.task_id == task.id:
        return False
    owner = await tx.tasks.get(known.task_id)
    if owner.status in TaskStatus.UNSUCCESSFUL or _is_superseding(task, owner, known):
        return False
    return _delivers(owner, known.kind, known.name) or not _delivers(task, known.kind, known.name)


async def is_superseded_by(tx: ReadTransaction, task: Task, known: Artifact) -> bool:
    """Return True if a report is another task's, which is completed, and `task` was asked for it again."""
    return known.task_id != task.id and _is_superseding(task, await tx.tasks.get(known.task_id), known)


def _is_superseding(task: Task, owner: Task, known: Artifact) -> bool:
    is_over = known.kind == ArtifactKind.REPORT and owner.status == TaskStatus.COMPLETED
    return is_over and _delivers(task, known.kind, known.name)


def _delivers(task: Task, kind: ArtifactKind, name: str) -> bool:
    return (task.deliverable.kind, task.deliverable.name) == (_DELIVERABLES.get(kind), name)
