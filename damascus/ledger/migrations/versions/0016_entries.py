"""Trail entries count from 1 in each mission; those that there are keep the number under which they were cited."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

KINDS = (
    "log", "finding", "code_snippet", "summary", "error", "request_for_help", "status_update", "completion", "source",
)  # fmt: skip


def upgrade() -> None:
    op.add_column("events", sa.Column("entry", sa.BigInteger(), nullable=True))
    op.add_column("events", sa.Column("replaces", sa.BigInteger(), nullable=True))
    kinds = ", ".join(f"'{kind}'" for kind in KINDS)
    op.execute(f"UPDATE events SET entry = seq WHERE mission_id IS NOT NULL AND kind IN ({kinds})")  # noqa: S608
    op.create_index("uq_events_mission_id_entry", "events", ["mission_id", "entry"], unique=True)
    op.create_index("uq_events_mission_id_replaces", "events", ["mission_id", "replaces"], unique=True)
    with op.batch_alter_table("sources") as sources:
        sources.drop_constraint("uq_sources_seq", type_="unique")
        sources.alter_column("seq", new_column_name="entry")
    with op.batch_alter_table("sources") as sources:
        sources.create_unique_constraint("uq_sources_mission_id_entry", ["mission_id", "entry"])


def downgrade() -> None:
    raise NotImplementedError("a ledger only goes forward; put back a copy to go back")
