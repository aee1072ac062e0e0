"""`ask`."""

from pydantic import Field

from damascus.core.records.tasks import TaskKind
from damascus.core.text import quote
from damascus.tools.services import ToolServices
from damascus.tools.tool import Arguments, Danger, TaskEffect, ToolContext, ToolResult
from damascus.work import desk
from damascus.work.tasks import delegation, tasks

CEO = "ceo"
MAX_TITLE_CHARS = 100


class AskArguments(Arguments):
    to: str = Field(description="`ceo` or a role")
    question: str = Field(min_length=1, max_length=4000)


class AskTool:
    """Parks the task until the CEO or a colleague has answered."""

    name = "ask"
    description = "Ask the ceo or a colleague and wait for the answer. Ask only what you cannot find out."
    parameters = AskArguments
    danger = Danger.WRITE
    idempotent = True

    def __init__(self, services: ToolServices) -> None:
        self._services = services

    async def run(self, context: ToolContext, arguments: AskArguments) -> ToolResult:
        task, turn = context.task, context.turn
        async with self._services.outbox.transaction() as tx:
            if arguments.to == CEO:
                await tasks.fence(tx, task)
                await desk.ask(tx, task, turn.id, arguments.question)
            else:
                subtask = _subtask(context, arguments)
                roles, coders = self._services.roles, self._services.coders
                limits = self._services.settings.limits
                await delegation.delegate(tx, task, subtask, limits, roles=roles, coders=coders)
        return ToolResult(f"waits for {arguments.to}'s answer", TaskEffect.PARKED)


def _subtask(context: ToolContext, arguments: AskArguments) -> delegation.SubtaskRequest:
    asker = context.task.role
    title = f"Answer {asker}: {' '.join(arguments.question.split())}"
    return delegation.SubtaskRequest(
        turn_id=context.turn.id,
        role=arguments.to,
        title=title if len(title) <= MAX_TITLE_CHARS else f"{title[:MAX_TITLE_CHARS]}…",
        description=f"{asker} asks:\n\n{quote(arguments.question)}\n\nGive the answer as the summary of `finish`.",
        acceptance=["the question is answered, or the answer says that it is not known"],
        kind=TaskKind.ANSWER,
    )
