"""Receipts: what the program itself checked before it called a task done."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class ReceiptKind(StrEnum):
    """What was checked."""

    PLAN = "plan"
    NOTE = "note"
    REPORT = "report"
    SOURCES = "sources"
    TESTS = "tests"
    COMMIT = "commit"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What one check found: passed if `ok`. `text` says what was checked, and what is to be done if it failed."""

    id: str
    mission_id: str
    task_id: str
    kind: ReceiptKind
    ok: bool
    text: str
    detail: dict[str, Any]
    created_at: datetime
