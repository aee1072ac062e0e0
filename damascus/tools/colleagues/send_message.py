"""`send_message`."""

from pydantic import Field

from damascus.core.errors import Conflict, Invalid
from damascus.core.messages import Message, MessageType
from damascus.core.records.turns import TurnStatus
from damascus.tools.services import ToolServices
from damascus.tools.tool import Arguments, Danger, ToolContext, ToolResult
from damascus.work import event_log
from damascus.work.tasks import rate_limit, tasks

MAX_MESSAGES = 20


class SendMessageArguments(Arguments):
    to: str = Field(description="whom")
    content: str = Field(min_length=1, max_length=20_000)


class SendMessageTool:
    """Tells a colleague or the CEO something; it resumes no task and needs no answer."""

    name = "send_message"
    description = "Tell a role, `ceo` or `all` what needs no answer; for one, `ask`."
    parameters = SendMessageArguments
    danger = Danger.WRITE
    idempotent = True

    def __init__(self, services: ToolServices) -> None:
        self._services = services

    async def run(self, context: ToolContext, arguments: SendMessageArguments) -> ToolResult:
        known = {*self._services.roles, "ceo", "all"}
        if arguments.to not in known:
            raise Invalid(f"there is nobody called {arguments.to[:64]!r}; available: {', '.join(sorted(known))}")
        task, turn = context.task, context.turn
        message = Message(
            id=f"msg_{turn.id.rsplit('_', 1)[-1]}", sender=task.role, to=arguments.to,
            type=MessageType.CONVERSATION, content=arguments.content,
            context={"mission_id": task.mission_id, "task_id": task.id},
        )  # fmt: skip
        async with self._services.outbox.transaction() as tx:
            await tasks.fence(tx, task)
            # the id is the call's: a call that is made again after a crash sends nothing twice
            if await tx.messages.find(message.id) is None:
                await rate_limit.check_message_rate(tx, task, arguments.to, self._services.settings.limits)
                turns = await tx.turns.of_task(task.id)
                sent = sum(t.tool == self.name and t.status == TurnStatus.DONE and t.id != turn.id for t in turns)
                if sent >= MAX_MESSAGES:
                    raise Conflict(f"a task sends at most {MAX_MESSAGES} messages; put the rest into your summary")
                await tx.messages.post(message)
                event_log.message_sent(tx, message)
        return ToolResult(f"sent to {arguments.to}")
