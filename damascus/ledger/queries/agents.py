"""Queries on the staff."""

from damascus.core.records.agents import Agent
from damascus.ledger.queries.base import ReadQueries, TableQueries
from damascus.ledger.tables.agents import agents


class AgentReads(ReadQueries[Agent]):
    table = agents
    row = Agent

    async def list(self) -> list[Agent]:
        """Return everybody, by role."""
        return await self._select({}, "role id")


class AgentQueries(AgentReads, TableQueries[Agent]):
    async def record_heartbeat(self, *agents: Agent) -> None:
        """Insert the rows, or refresh what may have changed in them."""
        await self._upsert(agents, ("id",), ("name", "title", "role", "worker", "seen_at", "problem"))
