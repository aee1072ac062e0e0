"""`blocked`."""

from pydantic import Field

from damascus.tools.base import Arguments, Context, Danger, Result
from damascus.tools.services import Services


class BlockedArguments(Arguments):
    reason: str = Field(min_length=1, max_length=4000, description="what is in the way and what was tried")


class Blocked:
    """Says that the task cannot be done."""

    name = "blocked"
    description = "End the task as failed, when it cannot be done."
    parameters = BlockedArguments
    danger: Danger = "write"
    idempotent = True

    def __init__(self, services: Services) -> None:
        pass

    async def run(self, context: Context, arguments: BlockedArguments) -> Result:  # noqa: ARG002
        return Result(arguments.reason.strip(), "blocked")
