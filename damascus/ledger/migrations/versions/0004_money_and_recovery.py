"""How often a worker died with a task, which figure of a server was not believed, which limit config.yaml said."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tasks", sa.Column("recoveries", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("usage", sa.Column("disbelieved", sa.BigInteger(), nullable=True))
    op.add_column("budgets", sa.Column("configured", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("a ledger only goes forward; put back a copy to go back")
