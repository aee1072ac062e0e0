"""`read_playbook`."""

import asyncio

from pydantic import Field

from damascus.core.errors import Conflict
from damascus.core.playbook_files import NO_PLAYBOOK
from damascus.core.records.tasks import TaskKind
from damascus.staff.playbooks import company_playbook
from damascus.tools.services import ToolServices
from damascus.tools.tool import Arguments, Danger, ToolContext, ToolResult
from damascus.work.tasks import missions, tasks


class ReadPlaybookArguments(Arguments):
    name: str = Field(min_length=1, max_length=60, description="one that the task lists, or `none` to plan without")


class ReadPlaybookTool:
    """Takes a playbook for the mission: its text is the result, and the plan keeps to its gates."""

    name = "read_playbook"
    description = "Take a playbook to plan from, and read it. The last one taken counts; its gates belong in the plan."
    parameters = ReadPlaybookArguments
    danger = Danger.WRITE
    idempotent = True

    def __init__(self, services: ToolServices) -> None:
        self._services = services

    async def run(self, context: ToolContext, arguments: ReadPlaybookArguments) -> ToolResult:
        task, text = context.task, "planned without a playbook"
        if task.kind != TaskKind.PLAN:
            raise Conflict("a playbook is taken only by a planning task")
        if arguments.name != NO_PLAYBOOK:
            playbook = await asyncio.to_thread(company_playbook, self._services.root, arguments.name)
            text = playbook.outline(context.mission.directive_text)
        async with self._services.outbox.transaction() as tx:
            await tasks.fence(tx, task)
            mission = await tx.missions.lock(task.mission_id)
            directive = await tx.directives.get(mission.directive_id)
            if directive.options.playbook not in (None, arguments.name):
                raise Conflict(f"the CEO chose the playbook {directive.options.playbook!r} for this directive")
            await missions.take_playbook(tx, mission, arguments.name)
        return ToolResult(text)
