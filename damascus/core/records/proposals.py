"""Proposals: no mission starts without one that was accepted."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ProposalStatus(StrEnum):
    """What the planner decided."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Proposal:
    """status: pending | accepted | rejected."""

    id: str
    directive_id: str
    sender: str
    status: ProposalStatus
    reason: str | None
    created_at: datetime
    decided_at: datetime | None
