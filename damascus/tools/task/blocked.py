"""`blocked`."""

from pydantic import Field

from damascus.tools.services import ToolServices
from damascus.tools.tool import Arguments, Danger, TaskEffect, ToolContext, ToolResult


class BlockedArguments(Arguments):
    reason: str = Field(min_length=1, max_length=4000, description="and what was tried")


class BlockedTool:
    """Says that the task cannot be done."""

    name = "blocked"
    description = "End the task as failed, when it cannot be done."
    parameters = BlockedArguments
    danger = Danger.WRITE
    idempotent = True

    def __init__(self, services: ToolServices) -> None:
        pass

    async def run(self, context: ToolContext, arguments: BlockedArguments) -> ToolResult:  # noqa: ARG002
        return ToolResult(arguments.reason.strip(), TaskEffect.BLOCKED)
