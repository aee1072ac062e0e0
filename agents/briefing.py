"""What an agent is told before it starts: gathered from the ledger, so that it survives any restart."""

from typing import Any

from agents.prompt import Before, Brief, render
from damascus.composition.agents import AgentServices
from damascus.core.messages import MessageType
from damascus.core.records.tasks import Task
from damascus.ledger.transaction import ReadTransaction
from damascus.staff.personas import Persona

TRAIL_ENTRIES = 40
HEARD = (MessageType.CONVERSATION, MessageType.REPORT)


async def gather(tx: ReadTransaction, task: Task, staff: AgentServices) -> Brief:
    """The task's mission, what it builds on, the trail, messages to the role, and the role's earlier work."""
    mission = await tx.missions.get(task.mission_id)
    needed = await _needed(tx, task)
    return Brief(
        task=task,
        mission=mission,
        before=tuple([await _before(tx, other) for other in needed]),
        trail=tuple(await tx.events.trail(mission.id, limit=TRAIL_ENTRIES)),
        earlier=tuple(other for other in await tx.tasks.done_by_role(task.role) if other.mission_id != mission.id),
        messages=tuple(await tx.messages.to_role(mission.id, task.role, HEARD)),
        playbook=staff.playbook(mission.playbook) if task.kind == "plan" else None,
        roles=tuple(sorted(staff.roles)),
        company=staff.settings.company.name,
    )


def opening(persona: Persona, brief: Brief) -> list[dict[str, Any]]:
    """The system message and the task message."""
    return render(persona, brief)


async def _needed(tx: ReadTransaction, task: Task) -> list[Task]:
    if task.kind == "work" or task.kind == "answer":
        return await tx.tasks.dependencies_of(task.id)
    rows = await tx.tasks.of_mission(task.mission_id)
    return [row for row in rows if row.kind == "work" and row.status == "completed"]


async def _before(tx: ReadTransaction, task: Task) -> Before:
    return Before(task.role, task.title, task.summary or "", tuple(await tx.artifacts.of_task(task.id)), task.key)
