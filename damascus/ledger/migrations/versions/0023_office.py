"""What a dashboard needs: browsers that are logged in and their codes, whether a mission was rehearsed, when a model
was asked.
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0020"
branch_labels = None
depends_on = None

SQLITE_FULL_TEXT = (
    "CREATE VIRTUAL TABLE search_words USING fts5(words, tokenize='porter unicode61 remove_diacritics 2')",
    "CREATE TRIGGER search_words_added AFTER INSERT ON search BEGIN "
    "INSERT INTO search_words(rowid, words) VALUES (new.number, new.words); END",
    "CREATE TRIGGER search_words_removed AFTER DELETE ON search BEGIN "
    "DELETE FROM search_words WHERE rowid = old.number; END",
    "CREATE TRIGGER search_words_changed AFTER UPDATE OF words ON search BEGIN "
    "UPDATE search_words SET words = new.words WHERE rowid = new.number; END",
)
POSTGRES_FULL_TEXT = "CREATE INDEX search_words ON search USING gin (to_tsvector('english', words))"
UTC = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("missions", sa.Column("rehearsal", sa.Boolean(), nullable=True))
    op.add_column("usage", sa.Column("asked_at", UTC, nullable=True))
    op.create_table(
        "login_codes",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("created_at", UTC, nullable=False),
        sa.Column("expires_at", UTC, nullable=False),
        sa.Column("used_at", UTC, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_codes")),
        sa.UniqueConstraint("sha256", name=op.f("uq_login_codes_sha256")),
    )
    op.create_index("ix_login_codes_expires_at", "login_codes", ["expires_at"])
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("device", sa.String(length=200), nullable=False),
        sa.Column("login", sa.String(length=16), nullable=False),
        sa.Column("created_at", UTC, nullable=False),
        sa.Column("seen_at", UTC, nullable=False),
        sa.Column("expires_at", UTC, nullable=False),
        sa.Column("ended_at", UTC, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("sha256", name=op.f("uq_sessions_sha256")),
    )
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"])

    _search()


def _search() -> None:
    op.create_table(
        "search",
        sa.Column("id", sa.String(length=120), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("mission_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("created_at", UTC, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search")),
        sa.UniqueConstraint("number", name=op.f("uq_search_number")),
    )
    op.create_index("ix_search_mission_id", "search", ["mission_id"])
    op.execute("INSERT INTO counters (name, value) VALUES ('search', 0)")
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in SQLITE_FULL_TEXT if is_sqlite else (POSTGRES_FULL_TEXT,):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger only goes forward; put back a copy to go back")
