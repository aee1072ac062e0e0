"""What is found by its words. The index of full text is made by the migration, in the way of each database."""

from sqlalchemy import BigInteger, Column, Index, String, Table, Text

from damascus.core.records.search import SearchKind
from damascus.ledger.tables.columns import Named, created_at, metadata

SEARCH_TEXT = "search_words"  # SQLite: a table of FTS5 and what belongs to it; PostgreSQL: an index
SEARCH_COUNTER = "search"  # how far the log was read for it

search = Table(
    "search",
    metadata,
    Column("id", String(120), primary_key=True),
    Column("number", BigInteger, nullable=False, unique=True),
    Column("kind", Named(SearchKind, 16), nullable=False),
    Column("mission_id", String(64), nullable=False),
    Column("name", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("words", Text, nullable=False),
    created_at(),
    Index("ix_search_mission_id", "mission_id"),
)
