"""What the API shows: typed answers, so that the OpenAPI document is complete. Money is in micro-USD."""

from datetime import datetime
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

Item = TypeVar("Item")


class View(BaseModel):
    """Read from rows by attribute."""

    model_config = ConfigDict(from_attributes=True)


class Page(BaseModel, Generic[Item]):
    """One page of a list; pass `next` as `after` for the page behind it."""

    items: list[Item]
    next: str | None = None


class ProposalView(View):
    id: str
    status: str
    reason: str | None


class DirectiveView(View):
    id: str
    text: str
    created_at: datetime
    proposal: ProposalView
    mission_id: str | None


class TaskView(View):
    id: str
    mission_id: str
    key: str
    kind: str
    title: str
    role: str
    status: str
    reason: str | None
    summary: str | None
    needs: list[str]
    worker: str | None
    spent_microusd: int
    started_at: datetime | None
    finished_at: datetime | None


class ReportView(View):
    mission_id: str
    mission_slug: str
    name: str
    title: str
    path: str
    absolute: str
    task_id: str
    author: str
    created_at: datetime


class ReportText(ReportView):
    text: str


class CommitView(View):
    sha: str
    message: str
    link: str


class RepositoryView(View):
    mission_id: str
    name: str
    url: str
    web_url: str | None = None
    head: str | None
    waits: str | None = Field(None, description="why the head is not at the forge yet")
    commits: list[CommitView]


class ReceiptView(View):
    kind: str
    ok: bool
    text: str
    task_id: str
    detail: dict[str, Any]
    created_at: datetime


class ApprovalView(View):
    id: str
    kind: str
    mission_id: str
    task_id: str | None
    role: str | None
    text: str
    amount_microusd: int
    status: str
    created_at: datetime


class MissionView(View):
    id: str
    slug: str
    directive_id: str
    directive: str
    playbook: str
    status: str
    reason: str | None
    summary: str | None
    created_at: datetime
    finished_at: datetime | None
    seconds: float
    spent_microusd: int
    limit_microusd: int
    rehearsal: bool


class MissionDetail(MissionView):
    tasks: list[TaskView]
    reports: list[ReportView]
    repositories: list[RepositoryView]
    receipts: list[ReceiptView]
    waiting: list[ApprovalView]


class TurnView(View):
    id: str
    n: int
    speaker: str
    content: str
    tool: str | None
    arguments: Any
    status: str
    created_at: datetime
    done_at: datetime | None


class EventView(View):
    seq: int
    kind: str
    author: str
    mission_id: str | None
    task_id: str | None
    payload: dict[str, Any]
    created_at: datetime


class MemberView(View):
    id: str
    name: str
    title: str
    role: str
    worker: str | None
    alive: bool
    seen_at: datetime | None
    working_on: list[str]
    spent_microusd: int


class BudgetView(View):
    scope: str
    spent_microusd: int
    reserved_microusd: int
    limit_microusd: int


class NewLimit(BaseModel):
    limit_microusd: int = Field(gt=0)


class SpendView(View):
    of: str
    calls: int
    input_tokens: int
    output_tokens: int
    cost_microusd: int
    unknown_prices: int


class MoneyView(View):
    company: BudgetView
    day: BudgetView
    missions: list[BudgetView]
    agents: list[SpendView]
    models: list[SpendView]


class Check(View):
    ok: bool
    detail: str


class HealthView(View):
    status: str
    company: str
    version: str
    rehearsal: bool
    model: str
    forge: str
    pid: int
    checks: dict[str, Check]
