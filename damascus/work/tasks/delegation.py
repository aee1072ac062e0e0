"""Work that one agent delegates to another: a subtask whose result is the answer to the tool call."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from damascus.core.errors import Conflict, Invalid
from damascus.core.messages import MAX_HOPS
from damascus.core.records.plan import PlannedDeliverable
from damascus.core.records.tasks import DeliverableKind, Task, TaskKind, TaskStatus
from damascus.core.settings import LimitsSettings
from damascus.ledger.transaction import Transaction
from damascus.work.tasks import rate_limit, tasks
from damascus.work.tasks.planner_tasks import SUMMARY_REPORT

MAX_SUBTASKS = 4
MAX_SUBTASKS_OF_MISSION = 32  # of all tasks together: four each, eight deep, would be thousands
MAX_TITLE_CHARS = 200
AS_DESCRIBED = ("it is done as described",)
_NOTE = PlannedDeliverable(kind=DeliverableKind.NOTE, name="answer")


@dataclass(frozen=True, slots=True)
class SubtaskRequest:
    """What one agent asks of another by the tool call of `turn_id`; `kind` is the new task's: work, or answer."""

    turn_id: str
    role: str
    title: str
    description: str
    deliverable: PlannedDeliverable = _NOTE
    acceptance: Sequence[str] = AS_DESCRIBED
    kind: TaskKind = TaskKind.WORK


async def delegate(
    tx: Transaction,
    task: Task,
    request: SubtaskRequest,
    limits: LimitsSettings,
    *,
    roles: Collection[str],
    coders: Collection[str],
) -> Task:
    """Write the subtask, let the call wait for it and park its task, all in the caller's transaction.

    Returns the subtask.
    Raises:
        Invalid, Conflict: if it may not be delegated, with a text for the model.
        LeaseLost: if another worker has the task.
    """
    await tasks.fence(tx, task)
    _check_role(request, roles, coders)
    await rate_limit.check_message_rate(tx, task, request.role, limits)
    await tx.missions.lock(task.mission_id)  # two subtasks at once must not take the same key
    others = [other for other in await tx.tasks.of_mission(task.mission_id) if other.kind != TaskKind.REVIEW]
    _check_chain(task, request, others)
    _check_name(request, others)
    child = replace(
        tasks.new_task(task.mission_id, request.role, tx.now),
        key=_free_key(task, others), kind=request.kind, title=request.title[:MAX_TITLE_CHARS],
        description=request.description, deliverable=request.deliverable.for_task(),
        acceptance=list(request.acceptance), parent_id=task.id, parent_turn_id=request.turn_id, hops=task.hops + 1,
    )  # fmt: skip
    await tx.turns.mark_waiting(request.turn_id)
    await tasks.add(tx, child, by=task.role)
    await tasks.park(tx, task, f"subtask {child.id}")
    return child


def _check_role(request: SubtaskRequest, roles: Collection[str], coders: Collection[str]) -> None:
    if request.role not in roles:
        raise Invalid(f"there is no role {request.role!r}; known: {', '.join(sorted(roles))}")
    if request.deliverable.kind == DeliverableKind.CODE and request.role not in coders:
        raise Invalid(f"{request.role!r} cannot push code; ask {', '.join(sorted(coders))}")


def _check_chain(task: Task, request: SubtaskRequest, others: list[Task]) -> None:
    if task.hops + 1 >= MAX_HOPS:
        raise Conflict(f"this was delegated {task.hops} times already; do it yourself or call `blocked`")
    if sum(other.parent_id == task.id for other in others) >= MAX_SUBTASKS:
        raise Conflict(f"a task delegates at most {MAX_SUBTASKS} subtasks; do the rest yourself")
    if sum(other.parent_id is not None for other in others) >= MAX_SUBTASKS_OF_MISSION:
        raise Conflict(f"a mission has at most {MAX_SUBTASKS_OF_MISSION} subtasks; do it yourself or call `blocked`")
    by_id = {other.id: other for other in others}
    if task.kind == TaskKind.ANSWER and by_id[task.parent_id or ""].role == request.role:
        raise Conflict(
            f"{request.role} waits for your answer: give it with `finish`, and say there what you do not know"
        )
    above: Task | None = task
    while above is not None:
        if above.role == request.role and _same(above.title, request.title):
            raise Conflict(f"{request.role} asked for just this: {above.title!r} would go round in a circle")
        above = by_id.get(above.parent_id or "")


def _check_name(request: SubtaskRequest, others: list[Task]) -> None:
    wanted = request.deliverable
    if wanted.kind == DeliverableKind.NOTE:
        return
    if wanted.name.casefold() == SUMMARY_REPORT.casefold():
        raise Invalid(f"the name {wanted.name!r} is kept for the VP's summary")
    for other in others:
        is_same = (other.deliverable.kind, other.deliverable.name) == (wanted.kind, wanted.name)
        # a report that is done is superseded: it is asked for again by its name
        if is_same and not (wanted.kind == DeliverableKind.REPORT and other.status == TaskStatus.COMPLETED):
            raise Invalid(f"the {wanted.kind} {wanted.name!r} is another task's; choose another name")


def _same(one: str, other: str) -> bool:
    return " ".join(one.casefold().split()) == " ".join(other.casefold()[:MAX_TITLE_CHARS].split())


def _free_key(task: Task, others: list[Task]) -> str:
    taken = {other.key for other in others}
    stem = task.key[:60]
    return next(key for n in range(1, len(others) + 2) if (key := f"{stem}-d{n}") not in taken)
