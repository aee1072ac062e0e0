"""Who does what at this moment."""

from datetime import datetime

from pydantic import Field

from damascus.api.schemas.base import Schema


class Because(Schema):
    """The row that something is shown for: a `reservation`, a `turn`, a `task` or a `desk_item`."""

    kind: str
    id: str


class Doing(Schema):
    """What happens to a task since when, because of which row.

    `state` is `model` (a call is in flight), `tool`, `checking`, `between` (two steps), or `parked`; `until` is when
    its lease ends, or when it is expected to wake. `turn_id` and `tool` are of the call that runs or waits.
    """

    role: str
    worker: str | None
    mission_id: str
    mission_slug: str
    task_id: str
    title: str
    state: str
    since: datetime
    until: datetime | None
    because: Because
    model: str | None = None
    reserved_microusd: int = 0
    tool: str | None = None
    turn_id: str | None = None


class Now(Schema):
    """What everybody does as of the event `seq`; `at` is the office's time."""

    seq: int
    at: datetime
    doing: list[Doing] = Field(default_factory=list)
