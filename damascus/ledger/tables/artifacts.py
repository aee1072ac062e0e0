"""Reports, repositories and commits that a mission made."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ForeignKey, String, Table, UniqueConstraint

from damascus.ledger.tables.base import created_at, data, key, metadata

artifacts = Table(
    "artifacts",
    metadata,
    key(),
    Column("mission_id", ForeignKey("missions.id"), nullable=False),
    Column("task_id", ForeignKey("tasks.id"), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("name", String(200), nullable=False),
    Column("path", String(500), nullable=False),
    data("detail"),
    created_at(),
    UniqueConstraint("mission_id", "kind", "name"),
)


@dataclass(frozen=True, slots=True)
class Artifact:
    """kind: report | repository | commit.

    `path` of a report is relative to the shared folder; of a repository its clone address; of a commit its link.
    """

    id: str
    mission_id: str
    task_id: str
    kind: str
    name: str
    path: str
    detail: dict[str, Any]
    created_at: datetime
