"""Work handed from one agent to another: a sub-task whose result is the answer to the call that asked for it."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace

from damascus.core.errors import Conflict, Invalid
from damascus.core.messages import MAX_HOPS
from damascus.core.records.plan import DEFAULT_TEST_COMMAND, Deliverable
from damascus.core.records.tasks import Task, TaskKind
from damascus.core.settings import Limits
from damascus.ledger.transaction import Transaction
from damascus.work.tasks import rate_limit, tasks
from damascus.work.tasks.planner_tasks import SUMMARY_REPORT

MAX_SUBTASKS = 4
MAX_IN_MISSION = 32  # of all tasks together: four each, eight deep, would be thousands
MAX_TITLE = 200
_NOTE = Deliverable(kind="note", name="answer")


@dataclass(frozen=True, slots=True)
class SubtaskRequest:
    """What one agent asks of another; `kind` is the new task's: work, or answer to a question."""

    role: str
    title: str
    description: str
    deliverable: Deliverable = _NOTE
    acceptance: list[str] = field(default_factory=lambda: ["it is done as described"])
    kind: TaskKind = TaskKind.WORK


async def delegate(
    tx: Transaction, task: Task, turn_id: str, order: SubtaskRequest, limits: Limits,
    *, roles: Collection[str], coders: Collection[str],
) -> Task:  # fmt: skip
    """Write the sub-task, let the call wait for it and park its task, all in the caller's transaction.

    Raises Invalid or Conflict with words for the model when it may not be handed on, LeaseLost when the task is no
    longer this worker's.
    """
    await tasks.fence(tx, task)
    _check_role(order, roles, coders)
    await rate_limit.check_message_rate(tx, task, order.role, limits)
    await tx.missions.lock(task.mission_id)  # two sub-tasks at once must not take the same key
    others = await tx.tasks.of_mission(task.mission_id)
    _check_chain(task, order, others)
    _check_name(order, others)
    deliverable = order.deliverable.model_dump(exclude_none=True)
    if order.deliverable.kind == "code":
        deliverable.setdefault("test_command", DEFAULT_TEST_COMMAND)
    child = replace(
        tasks.new_task(task.mission_id, order.role, tx.now),
        key=_free_key(task, others), kind=order.kind, title=order.title[:MAX_TITLE], description=order.description,
        deliverable=deliverable, acceptance=order.acceptance, parent_id=task.id, parent_turn_id=turn_id,
        hops=task.hops + 1,
    )  # fmt: skip
    await tx.turns.mark_waiting(turn_id)
    await tasks.add(tx, child, by=task.role)
    await tasks.park(tx, task, f"sub-task {child.id}")
    return child


def _check_role(order: SubtaskRequest, roles: Collection[str], coders: Collection[str]) -> None:
    if order.role not in roles:
        raise Invalid(f"there is no role {order.role!r}; known: {', '.join(sorted(roles))}")
    if order.deliverable.kind == "code" and order.role not in coders:
        raise Invalid(f"{order.role!r} cannot push code; ask {', '.join(sorted(coders))}")


def _check_chain(task: Task, order: SubtaskRequest, others: list[Task]) -> None:
    if task.hops + 1 >= MAX_HOPS:
        raise Conflict(f"this was handed on {task.hops} times already; do it yourself or call `blocked`")
    if sum(other.parent_id == task.id for other in others) >= MAX_SUBTASKS:
        raise Conflict(f"a task hands on at most {MAX_SUBTASKS} sub-tasks; do the rest yourself")
    if sum(other.parent_id is not None for other in others) >= MAX_IN_MISSION:
        raise Conflict(f"a mission has at most {MAX_IN_MISSION} sub-tasks; do it yourself or call `blocked`")
    by_id = {other.id: other for other in others}
    if task.kind == TaskKind.ANSWER and by_id[task.parent_id or ""].role == order.role:
        raise Conflict(f"{order.role} waits for your answer: give it with `finish`, and say there what you do not know")
    above: Task | None = task
    while above is not None:
        if above.role == order.role and _same(above.title, order.title):
            raise Conflict(f"{order.role} asked for just this: {above.title!r} would go round in a circle")
        above = by_id.get(above.parent_id or "")


def _check_name(order: SubtaskRequest, others: list[Task]) -> None:
    wanted = order.deliverable
    if wanted.kind == "note":
        return
    if wanted.name.casefold() == SUMMARY_REPORT.casefold():
        raise Invalid(f"the name {wanted.name!r} is kept for the VP's summary")
    for other in others:
        if (other.deliverable.get("kind"), other.deliverable.get("name")) == (wanted.kind, wanted.name):
            raise Invalid(f"the {wanted.kind} {wanted.name!r} is another task's; choose another name")


def _same(one: str, other: str) -> bool:
    return " ".join(one.casefold().split()) == " ".join(other.casefold()[:MAX_TITLE].split())


def _free_key(task: Task, others: list[Task]) -> str:
    taken = {other.key for other in others}
    stem = task.key[:60]
    return next(key for n in range(1, len(others) + 2) if (key := f"{stem}-d{n}") not in taken)
