"""What the company has learnt, and where it comes from."""

from datetime import datetime

from pydantic import Field

from damascus.api.schemas.base import NOT_BLANK, RequestBody, Schema
from damascus.core.records.memories import MemoryKind, Visibility
from damascus.core.records.relations import NodeKind, RelationKind


class Memory(Schema):
    """One thing that the company has learnt; `owner` is a role, or the CEO.

    `status` is active or proposed: what is proposed waits for the CEO. `superseded_by` is the version that replaced it.
    `evidence` are entries of the trail of its mission; `from_web`: words of strangers may stand behind it.
    """

    id: str
    kind: str
    content: str
    confidence: float
    tags: list[str]
    evidence: list[str]
    owner: str
    visibility: str
    status: str
    superseded_by: str | None
    from_web: bool
    mission_id: str | None
    task_id: str | None
    created_at: datetime
    updated_at: datetime


class MemoryNode(Schema):
    """A thing that relations join; `words` says what it is, with what a cited page says word for word."""

    kind: NodeKind
    id: str
    words: str


class MemoryRelation(Schema):
    """`node` is made by, informed by, or contradicts `other`."""

    node: MemoryNode
    kind: RelationKind
    other: MemoryNode


class MemoryDetail(Memory):
    """A memory with where it comes from: `relations` lead from it down to pages that are kept, the nearest first.

    `shown_to` are the tasks that were told it.
    """

    relations: list[MemoryRelation]
    shown_to: list[str]


class MemoryCreate(RequestBody):
    """A memory of the CEO's own; a preference is a rule that every task is told."""

    content: str = Field(
        min_length=12, max_length=2_000, pattern=NOT_BLANK, examples=["Never name a customer in a report."]
    )
    kind: MemoryKind = MemoryKind.PREFERENCE
    tags: list[str] = Field([], max_length=20)
    contradicts: str | None = Field(None, max_length=64, description="a memory that this one contradicts")


class MemoryUpdate(RequestBody):
    """What changes of a memory; what is left out stays as it was."""

    content: str | None = Field(None, max_length=2_000)
    kind: MemoryKind | None = None
    confidence: float | None = Field(None, ge=0, le=1)
    tags: list[str] | None = Field(None, max_length=20)
    visibility: Visibility | None = None
