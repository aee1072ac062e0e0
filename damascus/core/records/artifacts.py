"""Reports, repositories and commits that a mission made."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class ArtifactKind(StrEnum):
    """What was made."""

    REPORT = "report"
    REPOSITORY = "repository"
    COMMIT = "commit"


@dataclass(frozen=True, slots=True)
class Artifact:
    """A thing that a task made.

    `path` of a report is relative to the shared folder; of a repository its clone address; of a commit its link.
    """

    id: str
    mission_id: str
    task_id: str
    kind: ArtifactKind
    name: str
    path: str
    detail: dict[str, Any]
    created_at: datetime
