"""What the CEO said."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Directive:
    """`options`: budget (micro-USD or null) and playbook, as the CEO gave them."""

    id: str
    sender: str
    text: str
    options: dict[str, Any]
    created_at: datetime
