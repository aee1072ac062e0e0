"""What the company has learnt, where that came from, to whom it was shown, and what finds it again.

The index of full text is not among these tables: the migration makes it, in the way of each database (FULL_TEXT).
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    REAL,
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Float,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Table,
    Text,
    TypeDecorator,
)
from sqlalchemy.types import ARRAY, TypeEngine

from damascus.core.packed_floats import pack, unpack
from damascus.core.records.memories import MemoryKind, MemoryStatus, Visibility
from damascus.ledger.tables.columns import Named, Utc, created_at, data, key, metadata

FULL_TEXT = "memory_words"  # SQLite: a table of FTS5 and what belongs to it; PostgreSQL: an index
MEMORIES_COUNTER = "memories"


class PackedFloats(TypeDecorator[bytes]):
    """Float32 numbers as bytes; on PostgreSQL an array, which pgvector can read."""

    impl = LargeBinary
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(ARRAY(REAL) if dialect.name == "postgresql" else LargeBinary())

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> Any:
        return unpack(value) if value is not None and dialect.name == "postgresql" else value

    def process_result_value(self, value: bytes | Sequence[float] | None, dialect: Dialect) -> bytes | None:  # noqa: ARG002
        return value if value is None or isinstance(value, bytes) else pack(value)


memories = Table(
    "memories",
    metadata,
    key(),
    Column("number", BigInteger, nullable=False, unique=True),
    Column("kind", Named(MemoryKind, 16), nullable=False),
    Column("content", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("confidence", Float, nullable=False),
    data("tags"),
    data("evidence"),
    Column("owner", String(64), nullable=False),
    Column("visibility", Named(Visibility, 16), nullable=False),
    Column("status", Named(MemoryStatus, 16), nullable=False),
    Column("superseded_by", String(64)),
    Column("from_web", Boolean, nullable=False),
    Column("mission_id", ForeignKey("missions.id")),
    Column("task_id", ForeignKey("tasks.id")),
    created_at(),
    Column("updated_at", Utc, nullable=False),
    Index("ix_memories_owner_status", "owner", "status"),
)

memory_sources = Table(
    "memory_sources",
    metadata,
    Column("source_id", String(200), primary_key=True),
    Column("memory_id", ForeignKey("memories.id", ondelete="SET NULL")),
    Column("task_id", String(64)),
    created_at(),
    Index("ix_memory_sources_memory_id", "memory_id"),
    Index("ix_memory_sources_task_id", "task_id"),
)

memory_uses = Table(
    "memory_uses",
    metadata,
    Column("memory_id", ForeignKey("memories.id", ondelete="CASCADE"), primary_key=True),
    Column("task_id", ForeignKey("tasks.id"), primary_key=True),
    created_at(),
    Index("ix_memory_uses_task_id", "task_id"),
)

memory_vectors = Table(
    "memory_vectors",
    metadata,
    Column("memory_id", ForeignKey("memories.id", ondelete="CASCADE"), primary_key=True),
    Column("model", String(200), primary_key=True),
    Column("number", BigInteger, nullable=False, unique=True),
    Column("vector", PackedFloats, nullable=False),
    Index("ix_memory_vectors_model_number", "model", "number"),
)
