"""Directives: what the CEO says, and what became of it."""

from datetime import datetime

from pydantic import Field

from damascus.api.schemas.base import RequestBody, Schema

MAX_TEXT_CHARS = 20_000


class DirectiveCreate(RequestBody):
    """A directive as it is submitted."""

    text: str = Field(max_length=MAX_TEXT_CHARS)
    budget_microusd: int | None = Field(default=None, gt=0, description="the mission's limit")
    playbook: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9-]{0,39}$")
    ask: bool = Field(default=True, description="False: questions of direction become noted assumptions")


class Proposal(Schema):
    """What the VP decided about a directive: `pending`, `accepted`, or `rejected` with a reason."""

    id: str
    status: str
    reason: str | None


class Directive(Schema):
    """A directive; `mission_id` is None until the VP has accepted it."""

    id: str
    text: str
    created_at: datetime
    proposal: Proposal
    mission_id: str | None
