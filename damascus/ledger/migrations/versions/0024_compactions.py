"""What stands for the older part of a conversation that no longer fits its model's context."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "compactions",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("task_id", sa.String(length=64), nullable=False),
        sa.Column("until", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"], name=op.f("fk_compactions_task_id_tasks")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_compactions")),
        sa.UniqueConstraint("task_id", "until", name=op.f("uq_compactions_task_id_until")),
    )


def downgrade() -> None:
    raise NotImplementedError("a ledger only goes forward; put back a copy to go back")
