"""What waits on the CEO's desk: questions, and requests for a permission or a budget."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class DeskItemKind(StrEnum):
    """What the CEO is asked for."""

    QUESTION = "question"
    PERMISSION = "permission"
    BUDGET = "budget"
    DECISION = "decision"


class DeskItemStatus(StrEnum):
    """What became of a request."""

    OPEN = "open"
    GRANTED = "granted"
    ANSWERED = "answered"
    DENIED = "denied"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class DeskItemDetail:
    """What a request is about; a kind uses its own fields, the others are empty.

    The `scope` of a request for budget, and what the call that did not fit may take (`need`, in the unit of its
    amount); a permission's `tool` with its `danger`, and the SHA-256 of the call as it was shown; or the `memory` that
    is proposed; a question's `options`, the task whose `gate` it is about, and of a question of direction
    what is assumed without an answer (`assumption`); `quote`: it asks to sign the quote that has its id.
    """

    scope: str = ""
    need: int = 0
    tool: str = ""
    danger: str = ""
    sha256: str = ""
    memory: str = ""
    options: tuple[str, ...] = ()
    gate: str = ""
    assumption: str = ""
    quote: bool = False


@dataclass(frozen=True, slots=True)
class DeskItem:
    """One request on the desk; `amount` is the limit asked for, in micro-USD."""

    id: str
    kind: DeskItemKind
    mission_id: str
    task_id: str | None
    turn_id: str | None
    text: str
    amount: int
    detail: DeskItemDetail
    status: DeskItemStatus
    answer: str | None
    created_at: datetime
    decided_at: datetime | None
