"""Reports, repositories and commits that a mission made."""

from sqlalchemy import Column, ForeignKey, Index, String, Table, UniqueConstraint

from damascus.core.records.artifacts import ArtifactDetail, ArtifactKind
from damascus.ledger.tables.columns import JsonObject, Named, created_at, key, metadata

artifacts = Table(
    "artifacts",
    metadata,
    key(),
    Column("mission_id", ForeignKey("missions.id"), nullable=False),
    Column("task_id", ForeignKey("tasks.id"), nullable=False),
    Column("kind", Named(ArtifactKind, 16), nullable=False),
    Column("name", String(200), nullable=False),
    Column("path", String(500), nullable=False),
    Column("detail", JsonObject(ArtifactDetail), nullable=False),
    created_at(),
    UniqueConstraint("mission_id", "kind", "name"),
    Index("ix_artifacts_task_id", "task_id"),
)
