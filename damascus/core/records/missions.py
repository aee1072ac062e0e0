"""Missions: what directives become."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar


class MissionStatus(StrEnum):
    """How far a mission is; work/tasks/missions.py has the moves between them."""

    PLANNING = "planning"
    QUOTED = "quoted"
    RUNNING = "running"
    SYNTHESIZING = "synthesizing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    ENDED: ClassVar[frozenset["MissionStatus"]]
    OPEN: ClassVar[frozenset["MissionStatus"]]


MissionStatus.ENDED = frozenset({MissionStatus.SUCCEEDED, MissionStatus.FAILED, MissionStatus.CANCELLED})
MissionStatus.OPEN = frozenset(MissionStatus) - MissionStatus.ENDED


@dataclass(frozen=True, slots=True)
class Mission:
    """What the company makes of one directive.

    `slug` names its folder under shared/reports; `directive_text` is the CEO's words. `rehearsal`: whether
    the scripted model played it; None for what began before that was kept.
    """

    id: str
    directive_id: str
    proposal_id: str
    slug: str
    directive_text: str
    playbook: str
    status: MissionStatus
    reason: str | None
    summary: str | None
    replans: int
    created_at: datetime
    finished_at: datetime | None
    rehearsal: bool | None = None
