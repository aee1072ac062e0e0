"""Queries on what was used and spent."""

from dataclasses import dataclass

from sqlalchemy import func, select

from damascus.ledger.repositories.base import Repository
from damascus.ledger.tables.usage import Usage, usage


@dataclass(frozen=True, slots=True)
class Spend:
    """A sum: `of` is a mission, task or agent id; cost in micro-USD."""

    of: str
    calls: int
    input_tokens: int
    output_tokens: int
    cost: int
    unknown_prices: int


class UsageRows(Repository[Usage]):
    table = usage
    row = Usage

    async def by(self, noun: str, mission_id: str | None = None) -> list[Spend]:
        """Spend per `mission_id`, `task_id`, `agent` or `model`, of one mission or of all."""
        column = usage.c[noun]
        c = usage.c
        unknown = func.sum(func.coalesce((~c.price_known).cast(c.input_tokens.type), 0))
        statement = select(
            column, func.count(), func.sum(c.input_tokens), func.sum(c.output_tokens), func.sum(c.cost), unknown
        ).group_by(column)
        if mission_id:
            statement = statement.where(c.mission_id == mission_id)
        rows = (await self._connection.execute(statement.order_by(column))).all()
        return [Spend(row[0], *(int(value) for value in row[1:])) for row in rows]

    async def of_task(self, task_id: str) -> list[Usage]:
        return await self._all(self._select(usage.c.task_id == task_id).order_by(usage.c.id))
