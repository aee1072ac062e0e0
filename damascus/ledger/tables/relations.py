"""Relations that no other row says."""

from sqlalchemy import Column, Index, PrimaryKeyConstraint, String, Table

from damascus.core.records.relations import NodeKind, RelationKind
from damascus.ledger.tables.columns import Named, created_at, metadata

relations = Table(
    "relations",
    metadata,
    Column("node_kind", Named(NodeKind, 16), nullable=False),
    Column("node_id", String(64), nullable=False),
    Column("kind", Named(RelationKind, 16), nullable=False),
    Column("other_kind", Named(NodeKind, 16), nullable=False),
    Column("other_id", String(64), nullable=False),
    created_at(),
    PrimaryKeyConstraint("node_kind", "node_id", "kind", "other_kind", "other_id"),
    Index("ix_relations_other_kind_other_id", "other_kind", "other_id"),
)
