"""What the company has learnt, and the index of full text over it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

SQLITE_FULL_TEXT = (
    "CREATE VIRTUAL TABLE memory_words USING fts5(words, tokenize='porter unicode61 remove_diacritics 2')",
    "CREATE TRIGGER memory_words_added AFTER INSERT ON memories BEGIN "
    "INSERT INTO memory_words(rowid, words) VALUES (new.number, new.words); END",
    "CREATE TRIGGER memory_words_removed AFTER DELETE ON memories BEGIN "
    "DELETE FROM memory_words WHERE rowid = old.number; END",
    "CREATE TRIGGER memory_words_changed AFTER UPDATE OF words ON memories BEGIN "
    "UPDATE memory_words SET words = new.words WHERE rowid = new.number; END",
)
POSTGRES_FULL_TEXT = "CREATE INDEX memory_words ON memories USING gin (to_tsvector('english', words))"


def upgrade() -> None:
    op.create_table(
        "memories",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("visibility", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("superseded_by", sa.String(length=64), nullable=True),
        sa.Column("from_web", sa.Boolean(), nullable=False),
        sa.Column("mission_id", sa.String(length=64), nullable=True),
        sa.Column("task_id", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["mission_id"], ["missions.id"], name=op.f("fk_memories_mission_id")),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"], name=op.f("fk_memories_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_memories")),
        sa.UniqueConstraint("number", name=op.f("uq_memories_number")),
    )
    op.create_index("ix_memories_owner_status", "memories", ["owner", "status"])
    _sources_and_uses()
    _vectors()
    op.execute("INSERT INTO counters (name, value) VALUES ('memories', 0)")
    statements = SQLITE_FULL_TEXT if _is_sqlite() else (POSTGRES_FULL_TEXT,)
    for statement in statements:
        op.execute(statement)


def _sources_and_uses() -> None:
    op.create_table(
        "memory_sources",
        sa.Column("source_id", sa.String(length=200), nullable=False),
        sa.Column("memory_id", sa.String(length=64), nullable=True),
        sa.Column("task_id", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["memory_id"], ["memories.id"], name=op.f("fk_memory_sources_memory_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("source_id", name=op.f("pk_memory_sources")),
    )
    op.create_index("ix_memory_sources_memory_id", "memory_sources", ["memory_id"])
    op.create_index("ix_memory_sources_task_id", "memory_sources", ["task_id"])
    op.create_table(
        "memory_uses",
        sa.Column("memory_id", sa.String(length=64), nullable=False),
        sa.Column("task_id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["memory_id"], ["memories.id"], name=op.f("fk_memory_uses_memory_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"], name=op.f("fk_memory_uses_task_id")),
        sa.PrimaryKeyConstraint("memory_id", "task_id", name=op.f("pk_memory_uses")),
    )
    op.create_index("ix_memory_uses_task_id", "memory_uses", ["task_id"])


def _vectors() -> None:
    op.create_table(
        "memory_vectors",
        sa.Column("memory_id", sa.String(length=64), nullable=False),
        sa.Column("model", sa.String(length=200), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("vector", sa.LargeBinary() if _is_sqlite() else postgresql.ARRAY(sa.REAL()), nullable=False),
        sa.ForeignKeyConstraint(
            ["memory_id"], ["memories.id"], name=op.f("fk_memory_vectors_memory_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("memory_id", "model", name=op.f("pk_memory_vectors")),
        sa.UniqueConstraint("number", name=op.f("uq_memory_vectors_number")),
    )
    op.create_index("ix_memory_vectors_model_number", "memory_vectors", ["model", "number"])


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def downgrade() -> None:
    raise NotImplementedError("a ledger only goes forward; put back a copy to go back")
