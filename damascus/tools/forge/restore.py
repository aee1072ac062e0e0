"""`restore`."""

from pydantic import Field

from damascus.tools.forge.working_copy import working_copy
from damascus.tools.services import ToolServices
from damascus.tools.tool import Arguments, Danger, ToolContext, ToolResult

MAX_NAMED = 20


class RestoreArguments(Arguments):
    path: str = Field(min_length=1, description="`.`: everything")
    commit: str = Field(default="", description="empty: the last one")


class RestoreTool:
    """Puts files back as a commit has them."""

    name = "restore"
    description = "Put a file or folder back as it was in a commit (as `git restore`); new files stay."
    parameters = RestoreArguments
    danger = Danger.WRITE
    idempotent = True

    def __init__(self, services: ToolServices) -> None:
        self._services = services

    async def run(self, context: ToolContext, arguments: RestoreArguments) -> ToolResult:
        place = await working_copy(self._services, context)
        restored = await self._services.forge.restore(place, arguments.path, arguments.commit or None)
        more = f" and {len(restored) - MAX_NAMED} more" if len(restored) > MAX_NAMED else ""
        return ToolResult(f"restored {', '.join(restored[:MAX_NAMED])}{more}")
