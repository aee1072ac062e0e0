"""Directives: what the CEO says, and what became of it."""

from datetime import datetime

from pydantic import Field

from damascus.api.schemas.base import NOT_BLANK, RequestBody, Schema
from damascus.core.records.plan import RUNNERS

MAX_TEXT_CHARS = 20_000
TEST_COMMAND = rf"^({'|'.join(RUNNERS)})( [A-Za-z0-9_./=:-]+)*$"


class DirectiveCreate(RequestBody):
    """A directive as it is submitted."""

    text: str = Field(
        min_length=1, max_length=MAX_TEXT_CHARS, pattern=NOT_BLANK, examples=["Compare three apps for notes"]
    )
    budget_microusd: int | None = Field(default=None, gt=0, description="the mission's limit", examples=[1_000_000])
    playbook: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9-]{0,39}$")
    quote: bool = Field(default=False, description="its plan is quoted, and begins when you have signed")
    ask: bool = Field(default=True, description="False: questions of direction become noted assumptions")
    follows: str | None = Field(
        default=None, max_length=200, pattern=NOT_BLANK,
        description="the mission that it follows (id or slug), or the decision at the desk that it takes (id)",
    )  # fmt: skip
    repository: str | None = Field(
        default=None, max_length=500,
        description="existing code to work on: an https address, or a folder of the office's machine",
    )  # fmt: skip
    test_command: str | None = Field(
        default=None, max_length=200, description="what runs that code's tests; without one it is looked for",
        examples=["python3 -m pytest"], json_schema_extra={"pattern": TEST_COMMAND},
    )  # fmt: skip


class Proposal(Schema):
    """What the VP decided about a directive: `pending`, `accepted`, or `rejected` with a reason."""

    id: str
    status: str
    reason: str | None


class Directive(Schema):
    """A directive; `mission_id` is None until the VP has accepted it.

    `follows` is the id of the mission that was before, `answers` that of the decision that it takes.
    """

    id: str
    text: str
    created_at: datetime
    proposal: Proposal
    mission_id: str | None
    follows: str | None = None
    answers: str | None = None
