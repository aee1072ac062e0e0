"""Limits and what is spent and reserved under each; money is in micro-USD."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class BudgetChange(StrEnum):
    """What happened to a limit."""

    WARNED = "warned"
    REACHED = "reached"
    RAISED = "raised"


class PriceKind(StrEnum):
    """How a call's price is known: it is, it is nothing, or it is assumed."""

    KNOWN = "known"
    FREE = "free"
    ASSUMED = "assumed"


class BudgetUnit(StrEnum):
    """What a limit counts: money in micro-USD; of free models, which no money limits, calls and tokens."""

    MICROUSD = "microusd"
    CALLS = "calls"
    TOKENS = "tokens"


FREE_UNITS = (BudgetUnit.CALLS, BudgetUnit.TOKENS)


@dataclass(frozen=True, slots=True)
class Budget:
    """scope: `company`, `day:2026-01-31` or `mission:<id>`, behind `calls:` or `tokens:` if it counts these.

    `configured`: the limit that config.yaml said last.
    """

    scope: str
    limit: int
    spent: int
    reserved: int
    warned: bool
    created_at: datetime
    configured: int | None = None


@dataclass(frozen=True, slots=True)
class Reservation:
    """What is reserved for one model call in flight; the row is deleted when the call is settled.

    `amount` is in micro-USD; `tokens` are about those that it reads and writes.
    """

    id: str
    task_id: str
    mission_id: str
    lease_owner: str
    day: str
    model: str
    amount: int
    created_at: datetime
    tokens: int = 0
    price: PriceKind = PriceKind.KNOWN


def unit_of(scope: str) -> BudgetUnit:
    """Return what the limit of a scope counts."""
    first = scope.partition(":")[0]
    return BudgetUnit(first) if first in FREE_UNITS else BudgetUnit.MICROUSD
