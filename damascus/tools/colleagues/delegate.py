"""`delegate`."""

from pydantic import Field

from damascus.core.records.plan import PlannedDeliverable
from damascus.tools.services import ToolServices
from damascus.tools.tool import Arguments, Danger, TaskEffect, ToolContext, ToolResult
from damascus.work.tasks import delegation


class DelegateArguments(Arguments):
    role: str = Field(description="who does it")
    title: str = Field(min_length=1, max_length=delegation.MAX_TITLE_CHARS)
    description: str = Field(min_length=1, max_length=8000, description="all that is needed to do it")
    deliverable: PlannedDeliverable = Field(description="what it must leave behind")


class DelegateTool:
    """Hands a part of the work to another role; parks the task until that is done."""

    name = "delegate"
    description = "Have another role do a part of your task and wait for the result."
    parameters = DelegateArguments
    danger = Danger.WRITE
    idempotent = True

    def __init__(self, services: ToolServices) -> None:
        self._services = services

    async def run(self, context: ToolContext, arguments: DelegateArguments) -> ToolResult:
        subtask = delegation.SubtaskRequest(
            context.turn.id, arguments.role, arguments.title, arguments.description, arguments.deliverable
        )
        roles, coders = self._services.roles, self._services.coders
        async with self._services.outbox.transaction() as tx:
            child = await delegation.delegate(
                tx, context.task, subtask, self._services.settings.limits, roles=roles, coders=coders
            )
        return ToolResult(f"waits for {child.role} to do {child.id}", TaskEffect.PARKED)
