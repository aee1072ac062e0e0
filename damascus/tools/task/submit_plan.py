"""`submit_plan`: the VP's plan becomes the mission's tasks, if it passes the checks."""

import asyncio
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from damascus.core.errors import Conflict, Invalid
from damascus.core.playbook_files import NO_PLAYBOOK
from damascus.core.records.gates import StopDecision
from damascus.core.records.missions import Mission
from damascus.core.records.plan import Plan, PlannedTask
from damascus.core.records.tasks import DeliverableKind, Task, TaskKind, TaskStatus
from damascus.ledger.transaction import Transaction
from damascus.staff.playbooks import company_playbook
from damascus.tools import draft
from damascus.tools.services import ToolServices
from damascus.tools.tool import Danger, TaskEffect, ToolContext, ToolResult
from damascus.work import quoting
from damascus.work.delivery import repositories
from damascus.work.intake.existing_code import for_code
from damascus.work.intake.plan import check_gates, check_plan
from damascus.work.tasks import gates, stopped_gates, tasks

_RESERVED_KEYS = ("plan", "replan", "synthesis")


class SubmitPlanArguments(BaseModel):
    """A whole plan, or what changes in the last one that was sent back."""

    model_config = ConfigDict(frozen=True)

    summary: str | None = Field(default=None, max_length=4000, description="for the CEO: the plan, and why it is so")
    tasks: list[PlannedTask] | None = Field(default=None, description="1 to 12 of them")
    changes: list[dict[str, Any]] = Field(
        default_factory=list, description="to correct a plan that was sent back, instead of `tasks`: `key` and fields"
    )


class SubmitPlanTool:
    """Ends a planning task with a plan."""

    name = "submit_plan"
    description = "Submit the plan of the mission: 1 to 12 tasks. Tasks that need nothing from each other run at once."
    parameters = SubmitPlanArguments
    danger = Danger.WRITE
    idempotent = True

    def __init__(self, services: ToolServices) -> None:
        self._services = services

    async def run(self, context: ToolContext, given: SubmitPlanArguments) -> ToolResult:
        task = context.task
        if task.kind != TaskKind.PLAN:
            raise Conflict("a plan is submitted only by a planning task; do this task's own work")
        async with self._services.outbox.reading() as tx:
            turns = await tx.turns.of_task(task.id)
        arguments = Plan.model_validate(draft.merged(turns, context.turn, self.name, given, _merge))
        async with self._services.outbox.transaction() as tx:
            await tasks.fence(tx, task)
            mission = await tx.missions.lock(task.mission_id)
            await _supersede(tx, task)
            others = [other for other in await tx.tasks.of_mission(task.mission_id) if other.kind == TaskKind.WORK]
            alive = [other for other in others if other.status not in TaskStatus.UNSUCCESSFUL]
            _check_taken(arguments, others, alive)
            code = await repositories.existing_code(tx, context.mission)
            arguments = for_code(arguments, code) if code else arguments
            check_plan(arguments, self._services.roles, self._services.coders, [other.key for other in alive])
            await self._check_gates(tx, mission, arguments)
            quote = await quoting.start(tx, task, arguments, self._services.settings.limits)
            waits = ", and waits for the CEO's signature" if quote else ""
            result = ToolResult(f"the plan of {len(arguments.tasks)} tasks is accepted{waits}", TaskEffect.PLANNED)
            # with the plan: once that is committed the task has ended, and no worker may be left to write it
            await tx.turns.finish(context.turn.id, result.text, tx.now)
        return result

    async def _check_gates(self, tx: Transaction, mission: Mission, plan: Plan) -> None:
        """Raise Invalid if the plan leaves out the gate of the playbook that was taken."""
        if mission.playbook == NO_PLAYBOOK or any(map(gates.lets_through, await tx.verdicts.of_mission(mission.id))):
            return
        playbook = await asyncio.to_thread(company_playbook, self._services.root, mission.playbook)
        check_gates(plan, playbook.plan(mission.directive_text), mission.playbook)


async def _supersede(tx: Transaction, task: Task) -> None:
    """Let a plan after a gate's stop take the place of what was stopped. Raises Conflict if there were plans enough."""
    gate = await gates.gate_of(tx, task)
    if gate is None:
        return
    if not await gates.may_plan_again(tx, task.mission_id):
        raise Conflict(f"after its gates a mission is planned again {gates.MAX_GATE_PLANS} times; use `refer_gate`")
    await stopped_gates.decide(tx, gate, StopDecision.REPLANNED, task.role)


def _merge(before: draft.Draft, given: draft.Draft) -> draft.Draft:
    if given.get("tasks") is not None:
        return given
    tasks, changes = before.get("tasks"), given.get("changes") or []
    if not isinstance(tasks, list) or not isinstance(changes, list):
        raise Invalid("there is no plan to change yet: give `summary` and `tasks`")
    by_key = {str(task.get("key")): task for task in tasks if isinstance(task, dict)}
    for change in changes:
        key = str(change.get("key")) if isinstance(change, dict) else ""
        if key not in by_key:
            raise Invalid(f"the plan has no task {key[:60]!r} to change; it has {', '.join(by_key)}")
        by_key[key] = {} if change.get("remove") else {**by_key[key], **change}
    kept = [task for task in by_key.values() if task]
    return {"summary": given.get("summary") or before.get("summary"), "tasks": kept}


def _check_taken(plan: Plan, others: list[Task], alive: list[Task]) -> None:
    """Raise Invalid if the plan has a key or a deliverable that an earlier task of the mission has."""
    gone = {other.key for other in others} - {other.key for other in alive}
    delivered = {(other.deliverable.kind, other.deliverable.name) for other in alive}
    faults = [f"the key {item.key!r} is kept for the company" for item in plan.tasks if item.key in _RESERVED_KEYS]
    faults += [f"the key {t.key!r} is a failed task's; give the new one another" for t in plan.tasks if t.key in gone]
    for item in plan.tasks:
        wanted = (item.deliverable.kind, item.deliverable.name)
        if item.deliverable.kind != DeliverableKind.NOTE and wanted in delivered:
            faults.append(f"the {wanted[0]} {wanted[1]!r} is delivered by an earlier task already")
    if faults:
        raise Invalid("the plan is not valid: " + "; ".join(faults))
