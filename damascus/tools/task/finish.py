"""`finish`."""

from pydantic import Field

from damascus.tools.services import ToolServices
from damascus.tools.tool import Arguments, Danger, TaskEffect, ToolContext, ToolResult


class FinishArguments(Arguments):
    summary: str = Field(min_length=1, max_length=8000, description="what was done and found, for those who continue")


class FinishTool:
    """Says that the task is done; the program then checks that it is."""

    name = "finish"
    description = "End the task as done. The deliverable is checked; what is missing comes back to you."
    parameters = FinishArguments
    danger = Danger.WRITE
    idempotent = True

    def __init__(self, services: ToolServices) -> None:
        pass

    async def run(self, context: ToolContext, arguments: FinishArguments) -> ToolResult:  # noqa: ARG002
        return ToolResult(arguments.summary.strip(), TaskEffect.FINISHED)
