"""Relations that no other row says, and indexes to walk along those that other rows say."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "relations",
        sa.Column("node_kind", sa.String(16), nullable=False),
        sa.Column("node_id", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("other_kind", sa.String(16), nullable=False),
        sa.Column("other_id", sa.String(64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("node_kind", "node_id", "kind", "other_kind", "other_id", name=op.f("pk_relations")),
    )
    op.create_index("ix_relations_other_kind_other_id", "relations", ["other_kind", "other_id"], unique=False)
    op.create_index("ix_artifacts_task_id", "artifacts", ["task_id"], unique=False)
    op.create_index("ix_sources_task_id", "sources", ["task_id"], unique=False)


def downgrade() -> None:
    raise NotImplementedError("a ledger only goes forward; put back a copy to go back")
