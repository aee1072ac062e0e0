"""Limits and what is spent and reserved under each; money is in micro-USD."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class BudgetChange(StrEnum):
    """What happened to a limit."""

    WARNED = "warned"
    REACHED = "reached"
    RAISED = "raised"


@dataclass(frozen=True, slots=True)
class Budget:
    """scope: `company`, `day:2026-01-31` or `mission:<id>`; `configured`: the limit that config.yaml said last."""

    scope: str
    limit: int
    spent: int
    reserved: int
    warned: bool
    created_at: datetime
    configured: int | None = None


@dataclass(frozen=True, slots=True)
class Reservation:
    """Money reserved for one model call in flight; the row is deleted when the call is settled."""

    id: str
    task_id: str
    mission_id: str
    lease_owner: str
    day: str
    model: str
    amount: int
    created_at: datetime
