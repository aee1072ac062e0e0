"""`delegate`."""

from typing import Annotated

from pydantic import BeforeValidator, Field, StringConstraints

from damascus.core.records.plan import PlannedDeliverable
from damascus.tools.services import ToolServices
from damascus.tools.tool import Arguments, Danger, TaskEffect, ToolContext, ToolResult, as_lines
from damascus.work.tasks import delegation

AcceptanceLine = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]


class DelegateArguments(Arguments):
    role: str
    title: str = Field(min_length=1, max_length=delegation.MAX_TITLE_CHARS)
    description: str = Field(min_length=1, max_length=8000)
    deliverable: PlannedDeliverable
    acceptance: Annotated[list[AcceptanceLine], BeforeValidator(as_lines)] = Field(
        default_factory=list, max_length=12, description="what must hold, a sentence each"
    )


class DelegateTool:
    """Hands a part of the work to another role; parks the task until that is done."""

    name = "delegate"
    description = (
        "Have another role do a part of your task that it does clearly better, and wait for the result. The name of a "
        "report that is done asks for a new version of it."
    )
    parameters = DelegateArguments
    danger = Danger.WRITE
    idempotent = True

    def __init__(self, services: ToolServices) -> None:
        self._services = services

    async def run(self, context: ToolContext, arguments: DelegateArguments) -> ToolResult:
        subtask = delegation.SubtaskRequest(
            context.turn.id, arguments.role, arguments.title, arguments.description, arguments.deliverable,
            arguments.acceptance or delegation.AS_DESCRIBED,
        )  # fmt: skip
        roles, coders = self._services.roles, self._services.coders
        async with self._services.outbox.transaction() as tx:
            child = await delegation.delegate(
                tx, context.task, subtask, self._services.settings.limits, roles=roles, coders=coders
            )
        return ToolResult(f"waits for {child.role} to do {child.id}", TaskEffect.PARKED)
