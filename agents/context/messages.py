"""The section "Messages to you": what others of the mission have written to the role."""

from agents.context.token_budget import MAX_ENTRY_CHARS, TokenBudget
from damascus.core.messages import MessageType
from damascus.core.records.messages import MessageRow
from damascus.core.records.tasks import Task
from damascus.ledger.transaction import ReadTransaction

MAX_MESSAGES = 10
SHOWN_MESSAGE_TYPES = (MessageType.CONVERSATION, MessageType.REPORT)


async def gather(tx: ReadTransaction, task: Task, budget: TokenBudget) -> tuple[MessageRow, ...]:
    """Return the newest MAX_MESSAGES messages to the role of a task in its mission, oldest of them first."""
    sent = await tx.messages.to_role(task.mission_id, task.role, SHOWN_MESSAGE_TYPES, MAX_MESSAGES)
    return budget.newest(sent, _chars)


def _chars(message: MessageRow) -> int:
    return min(len(message.content), MAX_ENTRY_CHARS)
