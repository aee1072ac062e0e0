"""What waits on the CEO's desk: questions, and requests for a permission or a budget."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class DeskItemKind(StrEnum):
    """What the CEO is asked for."""

    QUESTION = "question"
    PERMISSION = "permission"
    BUDGET = "budget"


class DeskItemStatus(StrEnum):
    """What became of a request."""

    OPEN = "open"
    GRANTED = "granted"
    ANSWERED = "answered"
    DENIED = "denied"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class DeskItem:
    """One request on the desk; `amount` is the limit asked for, in micro-USD.

    `detail` of a budget request names its scope; of a permission the tool, and the SHA-256 of the call as it was shown.
    """

    id: str
    kind: DeskItemKind
    mission_id: str
    task_id: str | None
    turn_id: str | None
    text: str
    amount: int
    detail: dict[str, Any]
    status: DeskItemStatus
    answer: str | None
    created_at: datetime
    decided_at: datetime | None
