"""`ask`."""

from pydantic import Field

from damascus.tools.base import Arguments, Context, Danger, Result
from damascus.tools.services import Services
from damascus.work import approvals, delegation, tasks

CEO = "ceo"
MAX_TITLE = 100


class AskArguments(Arguments):
    to: str = Field(description="`ceo` or a role")
    question: str = Field(min_length=1, max_length=4000)


class Ask:
    """Parks the task until the CEO or a colleague has answered."""

    name = "ask"
    description = "Ask the ceo or a colleague and wait for the answer. Ask only what you cannot find out."
    parameters = AskArguments
    danger: Danger = "write"
    idempotent = True

    def __init__(self, services: Services) -> None:
        self._services = services

    async def run(self, context: Context, arguments: AskArguments) -> Result:
        task, turn = context.task, context.turn
        async with self._services.outbox.transaction() as tx:
            if arguments.to == CEO:
                await tasks.fence(tx, task)
                await approvals.ask(tx, task, turn.id, arguments.question)
            else:
                order = _order(task.role, arguments)
                roles, coders = self._services.roles, self._services.coders
                limits = self._services.settings.limits
                await delegation.delegate(tx, task, turn.id, order, limits, roles=roles, coders=coders)
        return Result(f"waits for {arguments.to}'s answer", "parked")


def _order(asker: str, arguments: AskArguments) -> delegation.Order:
    title = f"Answer {asker}: {' '.join(arguments.question.split())}"
    return delegation.Order(
        role=arguments.to,
        title=title if len(title) <= MAX_TITLE else f"{title[:MAX_TITLE]}…",
        description=f"{asker} asks:\n\n{arguments.question}\n\nGive the answer as the summary of `finish`.",
        acceptance=["the question is answered, or it is said that the answer is not known"],
        kind="answer",
    )
