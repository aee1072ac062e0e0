"""Tasks of a mission, and the turns of their transcripts."""

from datetime import datetime
from typing import Any

from pydantic import Field, computed_field

from damascus.api.schemas.base import Schema


class Task(Schema):
    """A task; `worker` is who holds its lease, None if nobody does.

    `waits_for` is the model that it is parked for, `wake_at` when it is expected to be its turn.
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

    @computed_field(json_schema_extra={"deprecated": True})  # type: ignore[prop-decorator]
    @property
    def needs(self) -> list[str]:
        """The old name of `depends_on`, kept for one release."""
        return self.depends_on


class Turn(Schema):
    """One entry of a task's transcript."""

    id: str
    n: int
    speaker: str = Field(description="the chat role: assistant, tool or user")
    content: str
    tool: str | None
    arguments: Any
    status: str
    created_at: datetime
    done_at: datetime | None

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
