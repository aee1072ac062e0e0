"""What a reservation holds besides money: about how many tokens, and what kind of price the call has."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("reservations", sa.Column("tokens", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("reservations", sa.Column("price", sa.String(16), nullable=False, server_default="known"))


def downgrade() -> None:
    raise NotImplementedError("a ledger only goes forward; put back a copy to go back")
