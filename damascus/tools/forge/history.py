"""`history`."""

from pydantic import Field

from damascus.tools.forge.working_copy import working_copy
from damascus.tools.services import ToolServices
from damascus.tools.tool import Arguments, Danger, ToolContext, ToolResult


class HistoryArguments(Arguments):
    limit: int = Field(default=20, ge=1, le=200)


class HistoryTool:
    """Lists the commits of the working copy."""

    name = "history"
    description = "List the last commits (as `git log`)."
    parameters = HistoryArguments
    danger = Danger.READ
    idempotent = True

    def __init__(self, services: ToolServices) -> None:
        self._services = services

    async def run(self, context: ToolContext, arguments: HistoryArguments) -> ToolResult:
        place = await working_copy(self._services, context)
        return ToolResult(await self._services.forge.history(place, arguments.limit) or "(there is no commit yet)")
