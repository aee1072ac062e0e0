"""Queries on the staff."""

from damascus.ledger.repositories.base import Repository
from damascus.ledger.tables.agents import Agent, agents


class Agents(Repository[Agent]):
    table = agents
    row = Agent

    async def list(self) -> list[Agent]:
        return await self._some({}, "role id")

    async def seen(self, *agents: Agent) -> None:
        """Insert the rows or refresh what may have changed."""
        await self._put(agents, ("id",), ("name", "title", "role", "worker", "seen_at"))
