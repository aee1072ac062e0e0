"""Policies: a key with a JSON value."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, String, Table

from damascus.ledger.tables.base import Utc, created_at, data, metadata

policies = Table(
    "policies",
    metadata,
    Column("key", String(64), primary_key=True),
    data("value"),
    Column("updated_at", Utc, nullable=False),
    created_at(),
)


@dataclass(frozen=True, slots=True)
class Policy:
    key: str
    value: Any
    updated_at: datetime
    created_at: datetime
