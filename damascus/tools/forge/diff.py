"""`diff`."""

from pydantic import Field

from damascus.tools.forge.working_copy import working_copy
from damascus.tools.services import ToolServices
from damascus.tools.tool import Arguments, Danger, ToolContext, ToolResult


class DiffArguments(Arguments):
    commit: str = Field(default="", description="empty: what is not committed")
    path: str = Field(default="")


class DiffTool:
    """Shows what is not committed, or what a commit changed."""

    name = "diff"
    description = "Show what changed since the last commit (as `git status`, `git diff`), or in one (as `git show`)."
    parameters = DiffArguments
    danger = Danger.READ
    idempotent = True

    def __init__(self, services: ToolServices) -> None:
        self._services = services

    async def run(self, context: ToolContext, arguments: DiffArguments) -> ToolResult:
        place = await working_copy(self._services, context)
        found = await self._services.forge.diff(place, arguments.commit or None, arguments.path)
        return ToolResult(found or "(nothing changed)")
