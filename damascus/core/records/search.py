"""What is found by its words: a row for each mission, task, trail entry, report, page and repository."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class SearchKind(StrEnum):
    """What a hit is; `code` is a repository with the names of its files. Memories have an index of their own."""

    MISSION = "mission"
    TASK = "task"
    ENTRY = "entry"
    REPORT = "report"
    SOURCE = "source"
    CODE = "code"
    MEMORY = "memory"


@dataclass(frozen=True, slots=True)
class SearchRow:
    """A thing that is found: `id` is its kind and its own id, `name` what it is opened by, `words` what is searched."""

    id: str
    number: int
    kind: SearchKind
    mission_id: str
    name: str
    title: str
    text: str
    words: str
    created_at: datetime
