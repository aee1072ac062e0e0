"""Ids of calls as long as they come, and what a provider wants back with a response."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("turns", sa.Column("provider", sa.JSON(), nullable=True))
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("turns", "call_id", type_=sa.Text())
        return
    # SQLite never held a text to its length, but the column shall say what it holds
    op.add_column("turns", sa.Column("long_call_id", sa.Text(), nullable=True))
    op.execute("UPDATE turns SET long_call_id = call_id WHERE call_id IS NOT NULL")
    op.drop_column("turns", "call_id")
    op.execute("ALTER TABLE turns RENAME COLUMN long_call_id TO call_id")


def downgrade() -> None:
    raise NotImplementedError("a ledger only goes forward; put back a copy to go back")
