"""Queries on named leases."""

from datetime import datetime

from sqlalchemy import insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from damascus.ledger.tables.leases import leases


class Leases:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def take(self, name: str, owner: str, now: datetime, until: datetime) -> bool:
        """Take or renew the lease; False while another owner's runs."""
        c = leases.c
        free = update(leases).where(c.name == name, or_(c.owner == owner, c.until < now))
        if (await self._connection.execute(free.values(owner=owner, until=until))).rowcount:
            return True
        if (await self._connection.execute(select(c.name).where(c.name == name))).first():
            return False
        await self._connection.execute(insert(leases).values(name=name, owner=owner, until=until))
        return True

    async def give_back(self, name: str, owner: str) -> None:
        await self._connection.execute(leases.delete().where(leases.c.name == name, leases.c.owner == owner))
