"""Queries on the staff."""

from datetime import datetime

from damascus.ledger.repositories.base import Repository
from damascus.ledger.tables.agents import Agent, agents


class Agents(Repository[Agent]):
    table = agents
    row = Agent

    async def list(self) -> list[Agent]:
        return await self._all(self._select().order_by(agents.c.role, agents.c.id))

    async def seen(self, agent: Agent) -> None:
        """Insert the row or refresh what may have changed."""
        changed = await self._change(
            {"id": agent.id},
            name=agent.name,
            title=agent.title,
            role=agent.role,
            worker=agent.worker,
            seen_at=agent.seen_at,
        )
        if not changed:
            await self.add(agent)

    async def alive(self, worker: str, now: datetime) -> None:
        """The worker showed life at `now`."""
        await self._change({"worker": worker}, seen_at=now)
