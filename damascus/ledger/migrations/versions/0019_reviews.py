"""Reviews of tasks by colleagues who are not their authors."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("uq_tasks_id_role", "tasks", ["id", "role"], unique=True)
    op.create_table(
        "reviews",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("mission_id", sa.String(length=64), nullable=False),
        sa.Column("task_id", sa.String(length=64), nullable=False),
        sa.Column("author", sa.String(length=64), nullable=False),
        sa.Column("reviewer", sa.String(length=64), nullable=False),
        sa.Column("turn_id", sa.String(length=64), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("author <> reviewer", name="ck_reviews_reviewer"),
        sa.CheckConstraint("round BETWEEN 1 AND 2", name="ck_reviews_round"),
        sa.ForeignKeyConstraint(["id", "reviewer"], ["tasks.id", "tasks.role"], name="fk_reviews_id"),
        sa.ForeignKeyConstraint(["mission_id"], ["missions.id"], name=op.f("fk_reviews_mission_id")),
        sa.ForeignKeyConstraint(["task_id", "author"], ["tasks.id", "tasks.role"], name="fk_reviews_task_id"),
        sa.ForeignKeyConstraint(["turn_id"], ["turns.id"], name=op.f("fk_reviews_turn_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reviews")),
    )
    op.create_index("ix_reviews_mission_id", "reviews", ["mission_id"])
    op.create_index("uq_reviews_task_id_round", "reviews", ["task_id", "round"], unique=True)
    op.create_index("uq_reviews_turn_id", "reviews", ["turn_id"], unique=True)


def downgrade() -> None:
    raise NotImplementedError("a ledger only goes forward; put back a copy to go back")
