"""Missions: what became of a directive."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Mission:
    """What the company makes of one directive.

    status: see work/tasks/missions.py; `slug` names its folder under shared/reports; `directive` is the CEO's words.
    """

    id: str
    directive_id: str
    proposal_id: str
    slug: str
    directive: str
    playbook: str
    status: str
    reason: str | None
    summary: str | None
    replans: int
    created_at: datetime
    finished_at: datetime | None
