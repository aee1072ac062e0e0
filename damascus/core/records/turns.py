"""The transcript of a task run."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


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
