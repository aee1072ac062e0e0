"""The CEO's desk: questions, requests for permission and for budget, and the CEO's decisions."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from damascus.api.schemas.base import RequestBody, Schema

PlainText = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$")]


class DeskItem(Schema):
    """A request on the desk: `kind` is question, permission or budget; `role` is who asks, None if nobody does.

    `amount_microusd` counts calls or tokens of free models if `unit` says so.
    """

    id: str
    kind: str
    mission_id: str
    task_id: str | None
    role: str | None
    text: str
    amount_microusd: int
    unit: str = "microusd"
    status: str
    created_at: datetime


class AnswerRequest(RequestBody):
    """The answer to a question."""

    text: PlainText = Field(min_length=1, max_length=20_000)


class ApproveRequest(RequestBody):
    """A permission, or for a budget the new limit (default: what was asked for)."""

    limit_microusd: int | None = Field(default=None, gt=0, description="for a budget: the new limit")


class DenyRequest(RequestBody):
    """A refusal with its reason, which the agent reads."""

    reason: PlainText | None = Field(default=None, max_length=2000)
