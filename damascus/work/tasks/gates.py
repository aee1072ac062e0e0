"""Gates: what a task with a gate decides, and that a `stop` stops what builds on it.

A verdict is a row, written with the completion of its task. After a `stop` the planner is asked once per gate, at most
MAX_GATE_PLANS times per mission: it plans again, or refers the gate to the CEO (work/tasks/stopped_gates.py).
"""

import math

from damascus.core.errors import Invalid
from damascus.core.events import EventKind, VerdictGiven
from damascus.core.records.gates import Gate, GivenVerdict, StopDecision, TaskVerdict, VerdictWord
from damascus.core.records.missions import Mission
from damascus.core.records.tasks import Task, TaskKind, TaskStatus
from damascus.core.text import one_line
from damascus.ledger.transaction import ReadTransaction, Transaction
from damascus.work.tasks import planner_tasks, tasks

MAX_GATE_PLANS = 2
SAID_STOP = "the gate"


def judge(gate: Gate | None, word: str | None, number: float | None) -> GivenVerdict | None:
    """Return the verdict that a task ends with, None if it has no gate.

    Raises Invalid, with what to do, if it is missing, not one that the plan names, or not what its number says.
    """
    if gate is None:
        if word is not None or number is not None:
            raise Invalid("the plan gives this task no gate: finish without `verdict` and `number`")
        return None
    named = ", ".join(VerdictWord)
    if word not in list(VerdictWord):
        said = "is missing" if word is None else f"{one_line(word, 60)!r} is not one that the plan names"
        raise Invalid(f"the verdict {said}; give `verdict`, one of {named}: {gate.question}")
    given = VerdictWord(word)
    if not gate.has_number:
        if number is not None:
            raise Invalid("this gate is decided by a word: finish without `number`")
        return GivenVerdict(given)
    if number is None or not math.isfinite(number):
        raise Invalid(f"this gate is decided by a number: give it as `number` ({gate.bounds})")
    holds = (gate.at_least is None or number >= gate.at_least) and (gate.at_most is None or number <= gate.at_most)
    due = VerdictWord.GO if holds else VerdictWord.STOP
    if given != due:
        raise Invalid(f"{number:g} means '{due}', not '{given}' ({gate.bounds}): give the verdict of the number")
    return GivenVerdict(given, number)


def in_words(verdict: TaskVerdict | GivenVerdict, gate: Gate | None) -> str:
    """Return a verdict on one line, such as `stop (120; buyers: at least 300)`."""
    if verdict.number is None:
        return str(verdict.word)
    bounds = f"; {gate.bounds}" if gate is not None else ""
    return f"{verdict.word} ({verdict.number:g}{bounds})"


def lets_through(verdict: TaskVerdict) -> bool:
    """Return True if what builds on a gate may begin: it said go, or its `stop` was overruled."""
    return verdict.word == VerdictWord.GO or verdict.decision == StopDecision.CONTINUED


async def give(tx: Transaction, mission: Mission, task: Task, given: GivenVerdict, why: str) -> None:
    """Write the verdict of a task that ends; a `stop` stops what builds on it, and the planner decides what follows."""
    stopped = await _building_on(tx, mission.id, {task.id}) if given.word == VerdictWord.STOP else []
    decision = StopDecision.OPEN if stopped else StopDecision.NONE
    await tx.verdicts.add(TaskVerdict(task.id, mission.id, given.word, given.number, decision, None, tx.now, None))
    said = VerdictGiven(id=task.id, verdict=given.word, number=given.number, text=in_words(given, task.gate))
    tx.events.append(EventKind.VERDICT, task.role, said, mission.id, task.id)
    for waiting in stopped:
        await tasks.stop(tx, waiting, f"{SAID_STOP} {task.key!r} said stop")
    if stopped:
        await tasks.add(tx, planner_tasks.gate_task(mission, tx, task, why, [other.key for other in stopped]))


async def stopped_by(tx: ReadTransaction, task: Task) -> list[Task]:
    """Return the stopped tasks that build on a gate's, directly or through others, oldest first."""
    found = await _building_on(tx, task.mission_id, {task.id})
    return [other for other in found if other.status == TaskStatus.STOPPED]


async def release(tx: Transaction, mission_id: str) -> None:
    """Let stopped tasks wait again that no open `stop` is before any more."""
    stopped = {row.id for row in await tx.verdicts.of_mission(mission_id) if row.decision == StopDecision.OPEN}
    still = {task.id for task in await _building_on(tx, mission_id, stopped)}
    for task in await tx.tasks.of_mission(mission_id):
        by_gate = (task.reason or "").startswith(SAID_STOP)
        if task.status == TaskStatus.STOPPED and by_gate and task.id not in still:
            await tasks.release(tx, task)


async def gate_of(tx: ReadTransaction, planning: Task) -> Task | None:
    """Return the task whose `stop` a planning task is to decide about; None if it is another planning task."""
    key = planning.key.removeprefix(planner_tasks.GATE_PREFIX)
    if planning.kind != TaskKind.PLAN or key == planning.key:
        return None
    return await tx.tasks.by_key(planning.mission_id, key)


async def may_plan_again(tx: ReadTransaction, mission_id: str) -> bool:
    """Return True unless the mission was planned again after its gates as often as it may be."""
    rows = await tx.verdicts.of_mission(mission_id)
    return sum(row.decision == StopDecision.REPLANNED for row in rows) < MAX_GATE_PLANS


async def _building_on(tx: ReadTransaction, mission_id: str, ids: set[str]) -> list[Task]:
    """Return the tasks not begun that build on some of these, directly or through others, oldest first."""
    needs = await tx.tasks.dependencies(mission_id)
    reached, grown = set(ids), True
    while grown:
        more = {task for task, needed in needs.items() if task not in reached and reached.intersection(needed)}
        grown = bool(more)
        reached |= more
    rows = await tx.tasks.of_mission(mission_id)
    return [row for row in rows if row.id in reached - ids and row.status in (TaskStatus.WAITING, TaskStatus.STOPPED)]
