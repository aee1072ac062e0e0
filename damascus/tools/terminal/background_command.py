"""`background_command`."""

from typing import Literal

from pydantic import Field

from damascus.tools.services import ToolServices
from damascus.tools.terminal.run_command import shorten
from damascus.tools.tool import Arguments, Danger, ToolContext, ToolResult


class BackgroundCommandArguments(Arguments):
    name: str = Field(max_length=40, description="such as b1")
    action: Literal["output", "stop"] = Field()


class BackgroundCommandTool:
    """Shows or ends a command that `run_command` started in the background."""

    name = "background_command"
    description = "Show the output of a command that runs in the background, or stop it."
    parameters = BackgroundCommandArguments
    danger = Danger.EXECUTE
    idempotent = True

    def __init__(self, services: ToolServices) -> None:
        self._background = services.background

    async def run(self, context: ToolContext, arguments: BackgroundCommandArguments) -> ToolResult:
        task, name = context.task.id, arguments.name
        command = self._background.find(task, name)
        if arguments.action == "stop":
            output = await self._background.stop(task, name)
            return ToolResult(f"{name} is stopped; it had printed:\n{_short(output)}")
        ended = command.result
        state = f"ended with exit {ended.exit_code}" if ended else "runs"
        return ToolResult(f"{name} {state}; it has printed:\n{_short(await command.output())}")


def _short(output: str) -> str:
    return shorten(output, len(output.encode())) or "(nothing)"
