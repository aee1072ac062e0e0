"""What was spent in a span of time is found without reading all that ever was."""

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_usage_created_at", "usage", ["created_at"])


def downgrade() -> None:
    raise NotImplementedError("a ledger only goes forward; put back a copy to go back")
