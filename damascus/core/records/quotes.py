"""Quotes: what a plan is expected to cost and to take, before its work begins."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class QuoteStatus(StrEnum):
    """What became of a quote."""

    OPEN = "open"
    SIGNED = "signed"
    DENIED = "denied"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Estimate:
    """Low, expected and worst, of micro-USD or of seconds."""

    low: int = 0
    expected: int = 0
    worst: int = 0

    def __add__(self, other: "Estimate") -> "Estimate":
        return Estimate(self.low + other.low, self.expected + other.expected, self.worst + other.worst)


@dataclass(frozen=True, slots=True)
class QuotedTask:
    """A task of the plan with its estimates; `based_on` is how many such tasks were done here, 0: from the limits."""

    key: str
    title: str
    role: str
    cost: Estimate
    seconds: Estimate
    based_on: int = 0


@dataclass(frozen=True, slots=True)
class QuoteLines:
    """The tasks that were quoted, in the plan's order, and how long they take together."""

    tasks: tuple[QuotedTask, ...] = ()
    seconds: Estimate = Estimate()

    @property
    def cost(self) -> Estimate:
        return sum((task.cost for task in self.tasks), Estimate())


@dataclass(frozen=True, slots=True)
class Quote:
    """A quote at the desk; `id` is that of the desk item, `ceiling` the limit that it asks for, in micro-USD."""

    id: str
    mission_id: str
    lines: QuoteLines
    ceiling: int
    status: QuoteStatus
    created_at: datetime
    decided_at: datetime | None
