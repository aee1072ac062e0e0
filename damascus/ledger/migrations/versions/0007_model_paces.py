"""How fast each model is asked, and which model a parked task waits for."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "model_paces",
        sa.Column("model", sa.String(200), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("refusals", sa.Integer(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("requests_per_minute", sa.BigInteger(), nullable=True),
        sa.Column("tokens_per_minute", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("model", name=op.f("pk_model_paces")),
    )
    op.add_column("tasks", sa.Column("waits_for", sa.String(200), nullable=True))
    # those that wait at this moment, of a model that only their reason names: they are woken, and ask again
    op.execute("UPDATE tasks SET waits_for = '' WHERE wake_at IS NOT NULL")


def downgrade() -> None:
    raise NotImplementedError("a ledger only goes forward; put back a copy to go back")
