"""Reviews. That nobody reviews their own work is the database's to hold: both roles are those of the two tasks."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, ForeignKeyConstraint, Index, Integer, String, Table

from damascus.core.records.reviews import MAX_REVIEWS, ReviewFindings
from damascus.ledger.tables.columns import JsonObject, Utc, created_at, key, metadata

reviews = Table(
    "reviews",
    metadata,
    key(),
    Column("mission_id", ForeignKey("missions.id"), nullable=False),
    Column("task_id", String(64), nullable=False),
    Column("author", String(64), nullable=False),
    Column("reviewer", String(64), nullable=False),
    Column("turn_id", ForeignKey("turns.id"), nullable=False),
    Column("round", Integer, nullable=False),
    Column("findings", JsonObject(ReviewFindings), nullable=False),
    created_at(),
    Column("finished_at", Utc),
    ForeignKeyConstraint(["task_id", "author"], ["tasks.id", "tasks.role"], name="fk_reviews_task_id"),
    ForeignKeyConstraint(["id", "reviewer"], ["tasks.id", "tasks.role"], name="fk_reviews_id"),
    CheckConstraint("author <> reviewer", name="ck_reviews_reviewer"),
    CheckConstraint(f"round BETWEEN 1 AND {MAX_REVIEWS}", name="ck_reviews_round"),
    Index("uq_reviews_task_id_round", "task_id", "round", unique=True),
    Index("uq_reviews_turn_id", "turn_id", unique=True),
    Index("ix_reviews_mission_id", "mission_id"),
)
