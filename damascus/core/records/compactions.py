"""What stands for the older part of a conversation, once its model's context was full."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Compaction:
    """The text that a task's model is sent in place of the turns up to the one with the number `until`.

    The turns themselves stay in the ledger; the newest compaction of a task stands for the older ones, too.
    """

    id: str
    task_id: str
    until: int
    text: str
    created_at: datetime
