"""What the CEO said."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class DirectiveOptions:
    """What the CEO asked for besides: the mission's limit in micro-USD, and a playbook; None for the company's own.

    Without `ask` nobody sits at the desk for questions of direction: the program assumes, and says so.
    """

    budget: int | None = None
    playbook: str | None = None
    ask: bool = True


@dataclass(frozen=True, slots=True)
class Directive:
    """What the CEO said, and how the CEO wants it done."""

    id: str
    sender: str
    text: str
    options: DirectiveOptions
    created_at: datetime
