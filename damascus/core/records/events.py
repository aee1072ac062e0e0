"""The append-only log, and the counter that makes its numbers dense."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the log; `payload` fits its kind's model in core/events.py.

    `entry` is the number of a trail entry in its mission, from 1; of other events None. `replaces` is the entry of the
    same mission that it corrects.
    """

    seq: int
    kind: str
    author: str
    mission_id: str | None
    task_id: str | None
    payload: dict[str, Any]
    created_at: datetime
    entry: int | None = None
    replaces: int | None = None

    @property
    def ref(self) -> str:
        """How a trail entry is cited, such as e17."""
        return f"e{self.entry}"
