"""Boards of missions at the forge, beside its code."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("forge_syncs", sa.Column("kind", sa.String(16), nullable=False, server_default="code"))
    op.add_column("forge_syncs", sa.Column("board", sa.JSON(), nullable=False, server_default="{}"))


def downgrade() -> None:
    raise NotImplementedError("a ledger only goes forward; put back a copy to go back")
