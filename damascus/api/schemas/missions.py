"""Missions, alone and with all that belongs to them."""

from datetime import datetime

from pydantic import Field, computed_field

from damascus.api.schemas.base import NOT_BLANK, RequestBody, Schema
from damascus.api.schemas.budget import Allowance
from damascus.api.schemas.desk import DeskItem
from damascus.api.schemas.receipts import Receipt
from damascus.api.schemas.reports import Report
from damascus.api.schemas.repositories import Repository
from damascus.api.schemas.tasks import Task


class QuotedRange(Schema):
    """Low, expected and worst, in micro-USD or seconds."""

    low: int
    expected: int
    worst: int


class QuotedTask(Schema):
    """A task of a quoted plan; `based_on` is how many such tasks were done here, 0: it is from the limits."""

    key: str
    title: str
    role: str
    cost_microusd: QuotedRange
    seconds: QuotedRange
    based_on: int


class Quote(Schema):
    """What a plan was quoted at: `status` is open, signed, denied or expired; `ceiling_microusd` what it asks for."""

    id: str
    status: str
    tasks: list[QuotedTask]
    cost_microusd: QuotedRange
    seconds: QuotedRange
    ceiling_microusd: int
    created_at: datetime
    decided_at: datetime | None


class Mission(Schema):
    """A mission; `seconds` is how long it took, or has taken until now, `reserved_microusd` what its calls hold.

    `price_known` is False if the price of one of its calls was assumed; `allowances` are there if a model is free.
    Of the `input_tokens` of its calls, `cached_tokens` were in the provider's cache, as far as it said so.
    `models` answered them, `task_counts` says how many of its tasks are of which status, and
    `model_wait` says which tasks wait for their model, until when and why; None if none does.
    """

    id: str
    slug: str
    directive_id: str
    directive_text: str
    playbook: str
    status: str
    reason: str | None
    summary: str | None
    created_at: datetime
    finished_at: datetime | None
    seconds: float
    spent_microusd: int
    reserved_microusd: int = 0
    limit_microusd: int
    input_tokens: int = 0
    cached_tokens: int = 0
    rehearsal: bool
    models: list[str] = Field(default_factory=list)
    task_counts: dict[str, int] = Field(default_factory=dict)
    model_wait: str | None = None
    price_known: bool = True
    allowances: list[Allowance] = Field(default_factory=list)

    @computed_field(json_schema_extra={"deprecated": True})  # type: ignore[prop-decorator]
    @property
    def directive(self) -> str:
        """The old name of `directive_text`, kept for one release."""
        return self.directive_text


class SayRequest(RequestBody):
    """What the CEO says to a role of a running mission, or to `all`."""

    to: str = Field(min_length=1, max_length=64, pattern=NOT_BLANK, examples=["engineer"])
    text: str = Field(min_length=1, max_length=10_000, pattern=NOT_BLANK, examples=["Use SQLite instead."])


class Said(Schema):
    """What the CEO said; the role is told before its next step, and it stands on the trail."""

    id: str
    mission_id: str
    to: str
    text: str
    created_at: datetime


class MissionDetail(Mission):
    """A mission with its tasks, results and receipts; `waiting` is what it has on the CEO's desk."""

    tasks: list[Task]
    reports: list[Report]
    repositories: list[Repository]
    receipts: list[Receipt]
    waiting: list[DeskItem]
    quotes: list[Quote] = Field(default_factory=list)
