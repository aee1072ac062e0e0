"""What is given to the company's memory, and what comes back."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from damascus.core.records.memories import Memory, MemoryKind, Visibility

MIN_CONTENT_CHARS = 12
MAX_CONTENT_CHARS = 1_000
MAX_TAGS = 8
MAX_TAG_CHARS = 40
MAX_EVIDENCE = 20
MIN_CONFIDENCE = 55 / 100  # below it nothing is kept
MAX_PER_OWNER = 200
MAX_PER_TASK = 20


class Fate(StrEnum):
    """What became of a memory that was to be kept."""

    KEPT = "kept"
    PROPOSED = "proposed"
    MERGED = "merged"
    KNOWN = "known"
    SHOWN_BEFORE = "shown before"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class NewMemory:
    """What is to be remembered.

    The same `source_id` twice is once: it names what this comes from, such as a turn or a mission's outcome. `evidence`
    are entries of trails (e17). `replaces` is a memory that is no longer true. Whose it is: `owner`, a role or the CEO.
    """

    kind: MemoryKind
    content: str
    owner: str
    source_id: str
    confidence: float = 1.0
    tags: Sequence[str] = ()
    evidence: Sequence[str] = ()
    visibility: Visibility = Visibility.COMPANY
    mission_id: str | None = None
    task_id: str | None = None
    replaces: str | None = None


@dataclass(frozen=True, slots=True)
class Remembered:
    """What became of it, and the memory that holds it now, if there is one; `why` is for the one who asked."""

    fate: Fate
    memory: Memory | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Recalled:
    """A memory that was found, and how well it fits (higher is better; comparable within one answer only)."""

    memory: Memory
    score: float


class Embedder(Protocol):
    """Turns texts into vectors of length 1 (`core/packed_floats.py`), one for each, in order."""

    @property
    def model(self) -> str:
        """What the vectors are comparable within."""
        ...

    async def embed(self, texts: Sequence[str]) -> list[bytes]:
        """Return the vectors. Raises Unavailable if the service does not answer, OverBudget if it may not be paid."""
        ...


@dataclass(frozen=True, slots=True)
class Near:
    """A memory whose meaning is near a text's, and how near: a cosine."""

    memory_id: str
    cosine: float


class MeaningIndex(Protocol):
    """Finds memories by their meaning; it keeps what it needs for that, and the ledger keeps the memories."""

    async def nearest(self, text: str, limit: int, embedder: Embedder) -> list[Near]:
        """Return what is nearest to `text`, the nearest first. It may name memories that are gone, or not to be seen.

        Raises Unavailable if the service behind it does not answer, OverBudget if it may not be paid.
        """
        ...

    async def catch_up(self, embedder: Embedder) -> None:
        """Index some of the memories that are not indexed yet. Raises as `nearest` does."""
        ...
