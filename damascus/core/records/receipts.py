"""Receipts: what the program itself checked before it called a task done."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Receipt:
    """kind: report | sources | tests | commit; `text` says what was checked and found."""

    id: str
    mission_id: str
    task_id: str
    kind: str
    ok: bool
    text: str
    detail: dict[str, Any]
    created_at: datetime
