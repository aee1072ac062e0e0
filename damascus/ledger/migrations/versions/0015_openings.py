"""How the conversation of a task began, so that a later run continues it and does not begin it anew."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "openings",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("assignment", sa.Text(), nullable=False),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["id"], ["tasks.id"], name=op.f("fk_openings_id_tasks")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_openings")),
    )


def downgrade() -> None:
    raise NotImplementedError("a ledger only goes forward; put back a copy to go back")
