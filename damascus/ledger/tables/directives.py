"""What the CEO said."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, String, Table, Text

from damascus.ledger.tables.base import created_at, data, key, metadata

directives = Table(
    "directives",
    metadata,
    key(),
    Column("sender", String(64), nullable=False),
    Column("text", Text, nullable=False),
    data("options"),
    created_at(),
)


@dataclass(frozen=True, slots=True)
class Directive:
    """`options`: budget (micro-USD or null) and playbook, as the CEO gave them."""

    id: str
    sender: str
    text: str
    options: dict[str, Any]
    created_at: datetime
