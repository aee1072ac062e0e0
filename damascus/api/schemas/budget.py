"""Limits, and what is spent and reserved under them."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, computed_field

from damascus.api.schemas.base import RequestBody, Schema

Scope = Literal["day", "company"]
Limit = Annotated[int, Field(gt=0, json_schema_extra={"maximum": 1_000_000_000_000})]  # work/ refuses more, in words


class LimitUpdate(RequestBody):
    """A new limit of money, and of the calls and tokens of free models; what is not given stays."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                {"properties": {name: {"type": "integer"}}, "required": [name]}
                for name in ("limit_microusd", "calls", "tokens")
            ],
            "examples": [{"limit_microusd": 5_000_000}],
        }
    )

    limit_microusd: Limit | None = None
    calls: Limit | None = None
    tokens: Limit | None = None


class Budget(Schema):
    """A limit with what is spent under it, and apart from that what calls in flight reserve.

    `price_known` is False if the price of one of its calls was assumed.
    """

    scope: str
    spent_microusd: int
    reserved_microusd: int
    limit_microusd: int
    price_known: bool = True


class Allowance(Schema):
    """What free models may be used: a limit of calls or of tokens (`unit`), for a day or a mission."""

    scope: str
    unit: str
    used: int
    reserved: int
    limit: int


class Spend(Schema):
    """What the calls of a role or model cost; `of` is its name, `unknown_prices` counts calls at a default price.

    `cached_tokens` are those of `input_tokens` that the provider had in its cache.
    """

    of: str
    calls: int
    input_tokens: int
    output_tokens: int
    cost_microusd: int
    unknown_prices: int
    cached_tokens: int = 0


class BudgetOverview(Schema):
    """The company's, today's and the newest missions' budgets; spend per role and per model.

    `time_zone` is where today begins at midnight.
    """

    company: Budget
    day: Budget
    time_zone: str = "UTC"
    missions: list[Budget]
    allowances: list[Allowance] = Field(default_factory=list)
    roles: list[Spend]
    models: list[Spend]

    @computed_field(json_schema_extra={"deprecated": True})  # type: ignore[prop-decorator]
    @property
    def agents(self) -> list[Spend]:
        """The old name of `roles`, kept for one release."""
        return self.roles


class MoneySlice(Spend):
    """What the calls of one role, model or mission cost in the hour or day that begins at `at`; `lost` had no answer.

    `of` is a mission's id where it is about missions; `name` is what to show for it: its slug.
    """

    at: datetime
    name: str
    lost: int


class MoneySeries(Schema):
    """Spend over time, oldest first: an hour or day in which nothing was asked is not among the items.

    Days begin at midnight in `time_zone`; `begin` and `end` are the span that was looked at.
    """

    by: str
    of: str
    begin: datetime
    end: datetime
    time_zone: str
    items: list[MoneySlice]


class Call(Schema):
    """One model call that is settled. A `lost` one had no answer and counts at its worst case.

    `asked_at` is when it was sent, null in what was written before that was kept. `disbelieved_microusd` is what the
    server's figures came to where they cannot be true; the call counts at its worst case then, too.
    """

    id: str
    mission_id: str
    mission_slug: str
    task_id: str
    task_title: str
    role: str
    model: str
    asked_at: datetime | None
    created_at: datetime
    input_tokens: int
    cached_tokens: int = 0
    output_tokens: int
    cost_microusd: int
    price_known: bool
    lost: bool
    disbelieved_microusd: int | None
    rehearsal: bool
