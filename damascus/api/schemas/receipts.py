"""Receipts: what the program itself checked."""

from datetime import datetime
from typing import Any

from damascus.api.schemas.base import Schema


class Receipt(Schema):
    """What the program checked; `ok` is False if the check failed, `standing` if the same was checked again later."""

    kind: str
    ok: bool
    text: str
    standing: bool = True
    task_id: str
    detail: dict[str, Any]
    created_at: datetime
