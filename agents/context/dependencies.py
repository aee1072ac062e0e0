"""The section "From the tasks before this one": what a task builds on."""

from dataclasses import dataclass

from agents.context.token_budget import MAX_SUMMARY_CHARS, TokenBudget
from damascus.core.records.artifacts import Artifact, ArtifactKind
from damascus.core.records.tasks import DeliverableKind, Task, TaskKind, TaskStatus
from damascus.ledger.transaction import ReadTransaction

MAX_DEPENDENCIES = 40


@dataclass(frozen=True, slots=True)
class DependencyResult:
    """What a task before this one left; of `artifacts`, those of kind report and repository are shown.

    `key` is what a second plan may depend on.
    """

    role: str
    title: str
    summary: str
    artifacts: tuple[Artifact, ...] = ()
    key: str = ""


async def gather(tx: ReadTransaction, task: Task, budget: TokenBudget) -> tuple[DependencyResult, ...]:
    """Return the results of the newest MAX_DEPENDENCIES tasks that `task` builds on, oldest first."""
    needed = budget.newest((await _needed(tx, task))[-MAX_DEPENDENCIES:], _chars)
    return tuple([await _result(tx, other) for other in needed])


def _chars(task: Task) -> int:
    return len(task.title) + min(len(task.summary or ""), MAX_SUMMARY_CHARS)


async def _needed(tx: ReadTransaction, task: Task) -> list[Task]:
    if task.kind in (TaskKind.WORK, TaskKind.ANSWER, TaskKind.REVIEW):
        return await tx.tasks.dependencies_of(task.id)
    rows = await tx.tasks.of_mission(task.mission_id)
    return [row for row in rows if row.kind == TaskKind.WORK and row.status == TaskStatus.COMPLETED]


async def _result(tx: ReadTransaction, task: Task) -> DependencyResult:
    artifacts = tuple(await tx.artifacts.of_task(task.id))
    if task.deliverable.kind == DeliverableKind.REPORT and not artifacts:  # a later version is another task's
        newer = await tx.artifacts.named(task.mission_id, ArtifactKind.REPORT, task.deliverable.name)
        artifacts = (newer,) if newer is not None else ()
    return DependencyResult(task.role, task.title, task.summary or "", artifacts, task.key)
