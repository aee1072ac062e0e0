"""Tasks of a mission, and the turns of their transcripts."""

from datetime import datetime
from typing import Any

from pydantic import Field, computed_field

from damascus.api.schemas.base import Schema


class Deliverable(Schema):
    """What a task must leave behind: a report, code, a note or a plan."""

    kind: str
    name: str
    test_command: str | None = None


class Opening(Schema):
    """How the conversation of a task began, word for word: what the model was told of itself, and of the task."""

    task_id: str
    system: str
    assignment: str


class Verdict(Schema):
    """What a gate said: `go` or `stop`, the number that decided, and what followed on a stop and by whom."""

    word: str
    number: float | None
    decision: str = Field(description="none, open, continued, replanned or ended")
    decided_by: str | None
    created_at: datetime
    decided_at: datetime | None


class Task(Schema):
    """A task; `worker` is who holds its lease, None if nobody does.

    `waits_for` is the model that it is parked for, `wake_at` when it is expected to be its turn.
    `gate` is the question that its verdict decides.
    """

    id: str
    mission_id: str
    key: str
    kind: str
    title: str
    role: str
    status: str
    reason: str | None
    summary: str | None
    depends_on: list[str]
    worker: str | None
    spent_microusd: int
    price_known: bool = True
    started_at: datetime | None
    finished_at: datetime | None
    waits_for: str | None = None
    wake_at: datetime | None = None
    description: str = ""
    deliverable: Deliverable | None = None
    acceptance: list[str] = Field(default_factory=list)
    parent_id: str | None = None
    lease_until: datetime | None = None
    gate: str | None = None
    verdict: Verdict | None = None

    @computed_field(json_schema_extra={"deprecated": True})  # type: ignore[prop-decorator]
    @property
    def needs(self) -> list[str]:
        """The old name of `depends_on`, kept for one release."""
        return self.depends_on


class Compaction(Schema):
    """What the model is sent in place of a turn and all before it, once its context was full, and what that took.

    Nothing was asked of a model where `model` is null: the program listed the steps.
    """

    text: str
    created_at: datetime
    model: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_microusd: int | None = None


class Turn(Schema):
    """One entry of a task's transcript; `size` is how many characters `content` has where it is not cut.

    A response says which `model` gave it, when that was asked, and what it took; null where it was not kept.
    """

    id: str
    n: int
    speaker: str = Field(description="the chat role: assistant, tool or user")
    content: str
    tool: str | None
    arguments: Any
    status: str
    created_at: datetime
    done_at: datetime | None
    size: int = 0
    asked_at: datetime | None = None
    model: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_microusd: int | None = None
    compaction: Compaction | None = Field(None, description="what stands for the turns up to this one, if they do")

    @computed_field(json_schema_extra={"deprecated": True})  # type: ignore[prop-decorator]
    @property
    def role(self) -> str:
        """The old name of `speaker`, kept for one release."""
        return self.speaker

    @computed_field(json_schema_extra={"deprecated": True})  # type: ignore[prop-decorator]
    @property
    def state(self) -> str:
        """The old name of `status`, kept for one release."""
        return self.status
