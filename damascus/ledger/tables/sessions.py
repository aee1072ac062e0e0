"""Browsers that are logged in, and the codes with which they log in."""

from sqlalchemy import Column, Index, Integer, String, Table

from damascus.core.records.sessions import LoginKind
from damascus.ledger.tables.columns import Named, Utc, created_at, key, metadata

login_codes = Table(
    "login_codes",
    metadata,
    key(),
    Column("kind", Named(LoginKind, 16), nullable=False),
    Column("sha256", String(64), nullable=False, unique=True),
    Column("tries", Integer, nullable=False),
    created_at(),
    Column("expires_at", Utc, nullable=False),
    Column("used_at", Utc),
    Index("ix_login_codes_expires_at", "expires_at"),
)

sessions = Table(
    "sessions",
    metadata,
    key(),
    Column("sha256", String(64), nullable=False, unique=True),
    Column("device", String(200), nullable=False),
    Column("login", Named(LoginKind, 16), nullable=False),
    created_at(),
    Column("seen_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False),
    Column("ended_at", Utc),
    Index("ix_sessions_expires_at", "expires_at"),
)
