"""The transcript of a task run."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ForeignKey, Integer, String, Table, Text, UniqueConstraint

from damascus.ledger.tables.base import Utc, created_at, data, key, metadata

turns = Table(
    "turns",
    metadata,
    key(),
    Column("task_id", ForeignKey("tasks.id"), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("n", Integer, nullable=False),
    Column("role", String(16), nullable=False),
    Column("content", Text, nullable=False),
    Column("call_id", String(128)),
    Column("tool", String(64)),
    data("arguments", nullable=True),
    Column("state", String(16), nullable=False),
    created_at(),
    Column("done_at", Utc),
    UniqueConstraint("task_id", "attempt", "n"),
)


@dataclass(frozen=True, slots=True)
class Turn:
    """role: assistant | tool | user.

    A tool turn has the call's id, the tool's name, its arguments (an object, or the raw text of a call that could
    not be read) and in `content` its result. state: `pending` (not begun), `started`, `waiting` (for the CEO or
    another task), `done`.
    """

    id: str
    task_id: str
    attempt: int
    n: int
    role: str
    content: str
    call_id: str | None
    tool: str | None
    arguments: Any
    state: str
    created_at: datetime
    done_at: datetime | None
