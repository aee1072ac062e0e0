"""What a worker's own look found wrong with the parts that it uses."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("agents", sa.Column("problem", sa.Text(), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("a ledger only goes forward; put back a copy to go back")
