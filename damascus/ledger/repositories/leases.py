"""Queries on named leases."""

from datetime import datetime

from sqlalchemy import or_
from sqlalchemy.ext.asyncio import AsyncConnection

from damascus.ledger.repositories.base import upsert
from damascus.ledger.tables.leases import leases


class Leases:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def take(self, name: str, owner: str, now: datetime, until: datetime) -> bool:
        """Take or renew the lease; False while another owner's runs."""
        mine = upsert(self._connection, leases).values(name=name, owner=owner, until=until)
        free = or_(leases.c.owner == owner, leases.c.until < now)
        taken = mine.on_conflict_do_update(
            index_elements=["name"], set_={"owner": owner, "until": until}, where=free
        ).returning(leases.c.owner)
        return (await self._connection.execute(taken)).first() is not None

    async def give_back(self, name: str, owner: str) -> None:
        await self._connection.execute(leases.delete().where(leases.c.name == name, leases.c.owner == owner))
