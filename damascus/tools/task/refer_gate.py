"""`refer_gate`."""

from pydantic import Field

from damascus.core.errors import Conflict
from damascus.tools.services import ToolServices
from damascus.tools.tool import Arguments, Danger, TaskEffect, ToolContext, ToolResult
from damascus.work import desk
from damascus.work.tasks import tasks
from damascus.work.tasks.gates import gate_of


class ReferGateArguments(Arguments):
    advice: str = Field(min_length=1, max_length=4000, description="what speaks for continuing, what for ending; yours")


class ReferGateTool:
    """Ends the planner's task after a stop: the CEO decides, and the program carries it out."""

    name = "refer_gate"
    description = "Let the CEO decide whether the mission continues after this stop, or ends here. Ends your task."
    parameters = ReferGateArguments
    danger = Danger.WRITE
    idempotent = True

    def __init__(self, services: ToolServices) -> None:
        self._services = services

    async def run(self, context: ToolContext, arguments: ReferGateArguments) -> ToolResult:
        result = ToolResult("it is for the CEO to decide now", TaskEffect.PLANNED)
        async with self._services.outbox.transaction() as tx:
            await tasks.fence(tx, context.task)
            gate = await gate_of(tx, context.task)
            if gate is None:
                raise Conflict("only a planning task after a gate that said stop refers it; use `submit_plan`")
            await desk.refer_gate(tx, context.task, gate, arguments.advice)
            # with the request: once that is committed the task has ended, and no worker may be left to write it
            await tx.turns.finish(context.turn.id, result.text, tx.now)
        return result
