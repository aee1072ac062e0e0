"""The picture that a call made, for models that see."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("turns", sa.Column("picture", sa.JSON(), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("a ledger only goes forward; put back a copy to go back")
