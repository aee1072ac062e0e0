"""One word for each thing: desk items, forge syncs, speakers, statuses and roles; attempts, which were always 1, go.

A table that no other one refers to is built anew under its new name, so that its constraints bear their names on both
databases; the others are renamed in place.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _desk_items()
    _forge_syncs()
    _turns()
    op.execute("ALTER TABLE usage RENAME COLUMN agent TO role")
    op.execute("ALTER TABLE missions RENAME COLUMN directive TO directive_text")
    op.execute("ALTER TABLE tasks DROP COLUMN attempt")


def _desk_items() -> None:
    op.create_table(
        "desk_items",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("mission_id", sa.String(length=64), nullable=False),
        sa.Column("task_id", sa.String(length=64), nullable=True),
        sa.Column("turn_id", sa.String(length=64), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["mission_id"], ["missions.id"], name=op.f("fk_desk_items_mission_id")),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"], name=op.f("fk_desk_items_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_items")),
    )
    op.execute(
        "INSERT INTO desk_items (id, kind, mission_id, task_id, turn_id, text, amount, detail, status, answer, "
        "created_at, decided_at) "
        "SELECT id, kind, mission_id, task_id, turn_id, text, amount, detail, "
        "CASE WHEN kind = 'question' AND status = 'granted' THEN 'answered' ELSE status END, answer, "
        "created_at, decided_at FROM approvals"
    )
    op.drop_table("approvals")
    op.create_index("ix_desk_items_status", "desk_items", ["status"], unique=False)


def _forge_syncs() -> None:
    op.create_table(
        "forge_syncs",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("mission_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("remote_id", sa.String(length=64), nullable=True),
        sa.Column("target_sha", sa.String(length=64), nullable=True),
        sa.Column("remote_sha", sa.String(length=64), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issues", sa.JSON(), nullable=False),
        sa.Column("desk_item_id", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["mission_id"], ["missions.id"], name=op.f("fk_forge_syncs_mission_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forge_syncs")),
    )
    op.execute(
        "INSERT INTO forge_syncs (id, mission_id, name, remote_id, target_sha, remote_sha, status, reason, attempts, "
        "retry_at, issues, desk_item_id, created_at, settled_at) "
        "SELECT id, mission_id, name, remote, wanted, there, "
        "CASE status WHEN 'waiting' THEN 'pending' WHEN 'out' THEN 'synced' ELSE status END, reason, attempts, "
        "next_at, issues, approval_id, created_at, settled_at FROM outgoing"
    )
    op.drop_table("outgoing")
    op.create_index("ix_forge_syncs_settled_at_retry_at", "forge_syncs", ["settled_at", "retry_at"], unique=False)


def _turns() -> None:
    op.create_table(
        "new_turns",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("task_id", sa.String(length=64), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("speaker", sa.String(length=16), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("call_id", sa.String(length=128), nullable=True),
        sa.Column("tool", sa.String(length=64), nullable=True),
        sa.Column("arguments", sa.JSON(), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"], name="fk_new_turns_task_id"),
        sa.PrimaryKeyConstraint("id", name="pk_new_turns"),
        sa.UniqueConstraint("task_id", "n", name=op.f("uq_turns_task_id_n")),
    )
    op.execute(
        "INSERT INTO new_turns (id, task_id, n, speaker, content, call_id, tool, arguments, status, created_at, "
        "done_at) "
        "SELECT id, task_id, n, role, content, call_id, tool, arguments, state, created_at, done_at FROM turns"
    )
    op.drop_table("turns")
    op.rename_table("new_turns", "turns")
    if op.get_bind().dialect.name == "postgresql":  # SQLite cannot rename a constraint, and nothing asks for its name
        op.execute("ALTER TABLE turns RENAME CONSTRAINT fk_new_turns_task_id TO fk_turns_task_id")
        op.execute("ALTER TABLE turns RENAME CONSTRAINT pk_new_turns TO pk_turns")


def downgrade() -> None:
    raise NotImplementedError("a ledger only goes forward; put back a copy to go back")
