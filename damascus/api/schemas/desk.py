"""The CEO's desk: questions, requests for permission and for budget, and the CEO's decisions."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from damascus.api.schemas.base import RequestBody, Schema

PlainText = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$")]


class DeskItem(Schema):
    """A request: `kind` is question, permission, budget or decision; `role` is who asks, None if nobody does.

    `amount_microusd` counts calls or tokens of free models if `unit` says so. A permission is for `tool` with these
    `arguments`, the turn `turn_id`; its `danger` is why it is asked. `scope` is the limit that a budget raises: `spent`
    and `limit` are as of now, `needed` is what the call that did not fit may take, in `unit`. `memory_id` is what is
    proposed. `blocks` says that its task waits for it. Of a decided one `answer` is what the CEO said. Nobody waits for
    a decision: a directive that `follows` it takes it.
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
    mission_slug: str = ""
    task_title: str | None = None
    turn_id: str | None = None
    tool: str | None = None
    arguments: Any = None
    danger: str | None = None
    scope: str | None = None
    spent: int | None = None
    limit: int | None = None
    needed: int | None = None
    memory_id: str | None = None
    blocks: bool = False
    answer: str | None = None
    decided_at: datetime | None = None


class AnswerRequest(RequestBody):
    """The answer to a question."""

    text: PlainText = Field(min_length=1, max_length=20_000, examples=["The second one."])


class ApproveRequest(RequestBody):
    """A permission, or for a budget the new limit (default: what was asked for)."""

    limit_microusd: int | None = Field(default=None, gt=0, description="for a budget: the new limit")


class DenyRequest(RequestBody):
    """A refusal with its reason, which the agent reads."""

    reason: PlainText | None = Field(default=None, max_length=2000)


class Decision(RequestBody):
    """One request decided: `text` answers a question, `limit_microusd` is for a budget, `reason` for a refusal."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                {"properties": {"verb": {"enum": ["approve", "deny"]}}},
                {"properties": {"text": {"type": "string"}}, "required": ["text"]},
            ]
        }
    )

    id: PlainText
    verb: Literal["answer", "approve", "deny"]
    text: PlainText | None = Field(default=None, min_length=1, max_length=20_000)
    limit_microusd: int | None = Field(default=None, gt=0)
    reason: PlainText | None = Field(default=None, max_length=2000)

    @model_validator(mode="after")
    def _says_something(self) -> "Decision":
        if self.verb == "answer" and self.text is None:
            raise ValueError("an answer needs a `text`")
        return self


class Decisions(RequestBody):
    """Several requests that are decided together, or none of them."""

    decisions: list[Decision] = Field(min_length=1, max_length=100)
