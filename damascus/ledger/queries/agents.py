"""Queries on the staff."""

from damascus.core.records.agents import Agent
from damascus.ledger.queries.base import TableQueries
from damascus.ledger.tables.agents import agents


class AgentQueries(TableQueries[Agent]):
    table = agents
    row = Agent

    async def list(self) -> list[Agent]:
        return await self._select({}, "role id")

    async def record_heartbeat(self, *agents: Agent) -> None:
        """Insert the rows or refresh what may have changed."""
        await self._upsert(agents, ("id",), ("name", "title", "role", "worker", "seen_at"))
