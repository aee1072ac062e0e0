"""What the company has learnt: each thing once, with what it rests on and who may see it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

CEO = "ceo"  # the owner of what the person at the top laid down; it is never dropped for others


class MemoryKind(StrEnum):
    """What is remembered. A strategy or a preference steers what is done: see STEERING."""

    INSIGHT = "insight"
    PATTERN = "pattern"
    STRATEGY = "strategy"
    PREFERENCE = "preference"
    LESSON = "lesson"


STEERING = frozenset({MemoryKind.STRATEGY, MemoryKind.PREFERENCE})


class Visibility(StrEnum):
    """Who may see a memory: its owner's role, the roles that worked in the mission it comes from, or everybody."""

    OWN = "own"
    TEAM = "team"
    COMPANY = "company"


class MemoryStatus(StrEnum):
    """A proposed memory waits for the CEO and is shown to no agent."""

    ACTIVE = "active"
    PROPOSED = "proposed"


@dataclass(frozen=True, slots=True)
class Memory:
    """One thing that was learnt; `owner` is a role, or the CEO.

    `words` is what full text search reads (content and tags, in the form of `knowledge/memory/words.py`), `number` its
    place in that index. `evidence` are entries of trails, each with its mission (mis_1/e17). `from_web`: it may rest
    on pages of strangers.
    """

    id: str
    number: int
    kind: MemoryKind
    content: str
    words: str
    confidence: float
    tags: list[str]
    evidence: list[str]
    owner: str
    visibility: Visibility
    status: MemoryStatus
    superseded_by: str | None
    from_web: bool
    mission_id: str | None
    task_id: str | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class MemorySource:
    """Where a memory came from, under a key that comes only once; without a memory: it was forgotten or dropped."""

    source_id: str
    memory_id: str | None
    task_id: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class MemoryUse:
    """A memory was shown to a task."""

    memory_id: str
    task_id: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class MemoryVector:
    """A memory's place among the meanings that an embeddings model knows: float32 numbers, of length 1 together.

    `number` grows with each vector that is written, so that a reader finds what is new.
    """

    memory_id: str
    model: str
    number: int
    vector: bytes
