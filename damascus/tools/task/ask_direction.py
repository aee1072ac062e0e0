"""`ask_direction`: the one question that the planner may put to the CEO before it plans."""

from pydantic import Field

from damascus.core.errors import Conflict
from damascus.tools.services import ToolServices
from damascus.tools.tool import Arguments, Danger, TaskEffect, ToolContext, ToolResult
from damascus.work import direction
from damascus.work.tasks import tasks
from damascus.work.tasks.planner_tasks import FIRST_PLAN


class AskDirectionArguments(Arguments):
    question: str = Field(min_length=1, max_length=1000, description="what the directive leaves open")
    options: list[str] = Field(min_length=2, max_length=5, description="2 to 5 ways to read it, a few words each")
    assumption: str = Field(min_length=1, max_length=300, description="the one to follow if nobody answers")


class AskDirectionTool:
    """Parks the planning until the CEO has said what is meant; where nobody is to be asked, the assumption holds."""

    name = "ask_direction"
    description = "Ask the CEO once which of several readings of the directive is meant, if they make another product."
    parameters = AskDirectionArguments
    danger = Danger.WRITE
    idempotent = True

    def __init__(self, services: ToolServices) -> None:
        self._services = services

    async def run(self, context: ToolContext, arguments: AskDirectionArguments) -> ToolResult:
        task = context.task
        if task.key != FIRST_PLAN:
            raise Conflict("a question of direction is asked before the first plan only; decide, and note it")
        asked = direction.DirectionQuestion(arguments.question, tuple(arguments.options), arguments.assumption)
        async with self._services.outbox.transaction() as tx:
            await tasks.fence(tx, task)
            assumed = await direction.ask(tx, task, context.turn.id, asked)
        return ToolResult("waits for the CEO's answer", TaskEffect.PARKED) if assumed is None else ToolResult(assumed)
