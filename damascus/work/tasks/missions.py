"""Missions: their state machine, and what follows when one of their tasks ends.

planning -> (quoted ->) running -> synthesizing -> succeeded;  any open state -> failed | cancelled
"""

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from damascus.core.errors import Conflict
from damascus.core.messages import Message, MessageType
from damascus.core.records.desk_items import DeskItemKind, DeskItemStatus
from damascus.core.records.gates import GivenVerdict
from damascus.core.records.missions import Mission, MissionStatus
from damascus.core.records.plan import Plan, PlannedTask
from damascus.core.records.quotes import QuoteStatus
from damascus.core.records.roles import PLANNER
from damascus.core.records.tasks import Task, TaskKind, TaskStatus
from damascus.ledger.transaction import Transaction
from damascus.work import event_log
from damascus.work.tasks import gates, planner_tasks, reviews, tasks
from damascus.work.tasks.archive import archive

MOVES: dict[MissionStatus, Collection[MissionStatus]] = {
    MissionStatus.QUOTED: (MissionStatus.PLANNING,),
    MissionStatus.RUNNING: (MissionStatus.PLANNING, MissionStatus.QUOTED),
    MissionStatus.SYNTHESIZING: (MissionStatus.RUNNING,),
    MissionStatus.SUCCEEDED: (MissionStatus.SYNTHESIZING,),
    MissionStatus.FAILED: MissionStatus.OPEN,
    MissionStatus.CANCELLED: MissionStatus.OPEN,
}


async def start(
    tx: Transaction, task: Task, plan: Plan, reason: str | None = None, *, unsigned: str | None = None
) -> None:
    """Complete a planning task with its plan: write the tasks and assign those that wait for nothing.

    `reason` says why it is not the planner's own; `unsigned`, why nothing of it begins before the CEO has signed it.
    """
    mission = await tx.missions.lock(task.mission_id)
    await tasks.end(
        tx, task, TaskStatus.COMPLETED, task.role, owner=task.lease_owner, summary=plan.summary, reason=reason
    )
    if mission.status == MissionStatus.PLANNING:
        mission = await _move(tx, mission, MissionStatus.QUOTED if unsigned else MissionStatus.RUNNING)
    ids = {other.key: other.id for other in await tx.tasks.of_mission(mission.id)}
    planned = {item.key: _from_plan(item, mission, tx) for item in plan.tasks}
    ids |= {key: row.id for key, row in planned.items()}
    for item in plan.tasks:  # rows first: a dependency may name a later task
        await tasks.add(tx, planned[item.key])
    for item in plan.tasks:
        await tx.tasks.add_dependencies(planned[item.key].id, [ids[need] for need in dict.fromkeys(item.depends_on)])
    if unsigned and mission.status == MissionStatus.RUNNING:
        for row in planned.values():
            await tasks.stop(tx, row, unsigned)
    await advance(tx, mission)


async def begin(tx: Transaction, mission: Mission) -> Mission:
    """Let a quoted mission run, whose quote was signed. Returns it."""
    return await _move(tx, mission, MissionStatus.RUNNING, event_log.CEO)


async def complete(tx: Transaction, task: Task, summary: str, verdict: GivenVerdict | None = None) -> None:
    """Complete a task whose receipt checks passed, and assign what waited for it, all in the caller's transaction.

    `verdict` is that of its gate, if it has one.

    Raises LeaseLost if another worker has the task.
    """
    mission = await tx.missions.lock(task.mission_id)
    summary = summary if verdict is None else f"Verdict: {gates.in_words(verdict, task.gate)}. {summary}"
    done = await tasks.end(
        tx, task, TaskStatus.COMPLETED, task.role, owner=task.lease_owner, summary=summary, reason=None
    )
    if task.kind == TaskKind.SYNTHESIS:
        await _move(tx, mission, MissionStatus.SUCCEEDED, summary=summary)
        return
    if verdict is not None:
        await gates.give(tx, mission, done, verdict, summary)
    await _hand_back(tx, done, summary)
    await advance(tx, mission)


async def fail_task(tx: Transaction, task: Task, reason: str, *, replan: bool = True) -> None:
    """Fail a task, and decide what that means for its mission.

    The result of a subtask goes to the agent that delegated it. Otherwise the VP plans again, once per mission and if
    `replan`. Otherwise the mission fails. Raises LeaseLost if another worker has the task.
    """
    mission = await tx.missions.lock(task.mission_id)
    failed = await tasks.end(tx, task, TaskStatus.FAILED, task.role, owner=task.lease_owner, reason=reason)
    if mission.status not in MissionStatus.OPEN:
        return
    why = f"{task.title} ({task.role}): {reason}"
    if await _hand_back(tx, failed, f"The subtask failed: {reason}"):
        return
    if replan and task.kind == TaskKind.WORK and await tx.missions.count_replan(mission.id):
        for waiting in await tx.tasks.of_mission(mission.id):
            if waiting.status == TaskStatus.WAITING:
                await tasks.end(tx, waiting, TaskStatus.CANCELLED, PLANNER, reason="superseded by a new plan")
        await tasks.add(tx, planner_tasks.planning_task(mission, tx, why_again=why))
        return
    await close(tx, mission, MissionStatus.FAILED, why)


async def advance(tx: Transaction, mission: Mission) -> None:
    """Assign the tasks that are ready; if none is open any more, add the synthesis."""
    if mission.status != MissionStatus.RUNNING:
        return
    for task in await tx.tasks.ready(mission.id):
        if await tx.tasks.transition(task.id, [TaskStatus.WAITING], TaskStatus.QUEUED):
            event_log.task_changed(tx, task, TaskStatus.QUEUED, PLANNER)
            await tasks.assign(tx, task)
    rows = await tx.tasks.of_mission(mission.id)
    if any(row.status in TaskStatus.OPEN for row in rows):
        return
    mission = await _move(tx, mission, MissionStatus.SYNTHESIZING)
    await tasks.add(tx, planner_tasks.synthesis_task(mission, tx))


async def take_playbook(tx: Transaction, mission: Mission, name: str) -> None:
    """Note by which playbook a mission is planned. Raises Conflict if it has its plan already."""
    if not await tx.missions.take_playbook(mission.id, name):
        raise Conflict(f"the mission {mission.slug} is {mission.status}: its first plan has been accepted")
    event_log.mission_changed(tx, mission, mission.status, PLANNER, f"planned by the playbook {name}")


async def cancel(tx: Transaction, id: str, by: str, reason: str = "cancelled by the CEO") -> Mission:
    """Cancel a mission and return it; each run sees that before its next step. Raises Conflict if it has ended."""
    mission = await tx.missions.lock(id)
    if mission.status not in MissionStatus.OPEN:
        raise Conflict(f"the mission {mission.slug} has ended: {mission.status}")
    return await close(tx, mission, MissionStatus.CANCELLED, reason, by)


async def close(tx: Transaction, mission: Mission, after: MissionStatus, reason: str, by: str = PLANNER) -> Mission:
    """End a mission that did not succeed, cancel its open tasks and expire its desk items. Returns the mission."""
    for task in await tx.tasks.of_mission(mission.id):
        if task.status in TaskStatus.OPEN:
            await tasks.end(tx, task, TaskStatus.CANCELLED, by, reason=f"the mission was {after}")
    # what the forge refuses it refuses after the mission, too: that question goes when its cause does
    at_the_forge = [row.desk_item_id for row in await tx.forge_syncs.of_mission(mission.id) if row.desk_item_id]
    # and what was learnt is worth the CEO's answer, however the mission ended
    proposals = [
        item.id for item in await tx.desk_items.open_of_kind(DeskItemKind.PERMISSION, mission.id) if item.detail.memory
    ]
    for quote in await tx.quotes.of_mission(mission.id):
        await tx.quotes.decide(quote.id, QuoteStatus.EXPIRED)
    for item in await tx.desk_items.expire(mission.id, tx.now, keep=[*at_the_forge, *proposals]):
        why = f"the mission was {after}"
        event_log.desk_changed(tx, item, DeskItemStatus.EXPIRED, by, why)
    return await _move(tx, mission, after, by, reason=reason)


async def _move(tx: Transaction, mission: Mission, after: MissionStatus, by: str = PLANNER, **values: Any) -> Mission:
    if after not in MissionStatus.OPEN:
        values["finished_at"] = tx.now
    if not await tx.missions.transition(mission.id, MOVES[after], after, **values):
        raise Conflict(f"the mission {mission.slug} is {mission.status} and cannot become {after}")
    event_log.mission_changed(tx, mission, after, by, values.get("reason"))
    moved = replace(mission, status=after, **values)
    await archive(tx, moved)
    words = f"{mission.slug}: {after}" + (f" ({values['reason']})" if values.get("reason") else "")
    context = {"mission_id": mission.id, "directive_id": mission.directive_id}
    await tx.messages.post(Message(sender=by, to="all", type=MessageType.STATUS, content=words, context=context))
    if after not in MissionStatus.OPEN:
        text = values.get("summary") or words
        report = Message(sender=PLANNER, to="ceo", type=MessageType.REPORT, content=text, context=context)
        await tx.messages.post(report)
    return moved


async def _hand_back(tx: Transaction, task: Task, result: str) -> bool:
    """Give a subtask's result to the call that waits for it. Returns False if the task is not a subtask.

    The call that waits for a review is made again, and reads what the review found.
    """
    if task.kind == TaskKind.REVIEW:
        await reviews.end(tx, task)
        return True
    if task.parent_id is None or task.parent_turn_id is None:
        return False
    await tx.turns.finish(task.parent_turn_id, result, tx.now)
    await tasks.wake(tx, task.parent_id)
    return True


def _from_plan(item: PlannedTask, mission: Mission, tx: Transaction) -> Task:
    return replace(
        tasks.new_task(mission.id, item.role, tx.now),
        key=item.key, title=item.title, description=item.description,
        deliverable=item.deliverable.for_task(), acceptance=list(item.acceptance), status=TaskStatus.WAITING,
        gate=item.gate.for_task() if item.gate else None,
    )  # fmt: skip
