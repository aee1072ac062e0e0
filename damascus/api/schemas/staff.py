"""The staff."""

from datetime import datetime

from pydantic import Field, computed_field

from damascus.api.schemas.base import Schema


class StaffWorker(Schema):
    """A process that carries a role; `seen_at` is its last heartbeat."""

    name: str
    seen_at: datetime
    online: bool


class StaffMember(Schema):
    """An agent; `workers` are its processes, `worker` the one that was heard last, at `seen_at`.

    `working_on` has the titles of its role's tasks; `tier` is its kind of model. `done` and `failed` count its role's
    tasks, `passed_first_time` those done that passed every check at once.
    """

    id: str
    name: str
    title: str
    role: str
    worker: str | None
    online: bool
    seen_at: datetime | None
    working_on: list[str]
    spent_microusd: int
    price_known: bool = True
    tier: str | None = None
    workers: list[StaffWorker] = Field(default_factory=list)
    tools: list[str] = Field(default_factory=list)
    done: int = 0
    failed: int = 0
    passed_first_time: int = 0

    @computed_field(json_schema_extra={"deprecated": True})  # type: ignore[prop-decorator]
    @property
    def alive(self) -> bool:
        """The old name of `online`, kept for one release."""
        return self.online
