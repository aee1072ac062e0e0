"""Policies: a key with a JSON value."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Policy:
    key: str
    value: Any
    updated_at: datetime
    created_at: datetime
