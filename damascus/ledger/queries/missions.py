"""Queries on missions."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import bindparam, select

from damascus.core.errors import NotFound
from damascus.core.records.missions import Mission, MissionStatus
from damascus.ledger.queries.base import TableQueries
from damascus.ledger.tables.missions import missions

_LOCK = select(missions).where(missions.c.id == bindparam("of")).with_for_update()


class MissionQueries(TableQueries[Mission]):
    table = missions
    row = Mission

    async def transition(self, id: str, before: Iterable[MissionStatus], after: MissionStatus, **values: Any) -> bool:
        """Set the status where it is one of `before`; False when it was not. Only work/tasks/missions.py calls this."""
        return await self._update({"id": id, "status": list(before)}, status=after, **values) == 1

    async def lock(self, id: str) -> Mission:
        """The mission, held until the transaction ends, so that two who finish its last tasks see each other."""
        found = await self._fetch(_LOCK, {"of": id})
        if not found:
            raise NotFound(f"there is no mission {id!r}")
        return found[0]

    async def by_slug(self, slug: str) -> Mission | None:
        return await self._one({"slug": slug})

    async def count_replan(self, id: str) -> bool:
        """Use up the one re-plan that a mission has; False when it is used."""
        return await self._update({"id": id, "replans": 0}, replans=1) == 1

    async def of_directive(self, directive_id: str) -> Mission | None:
        return await self._one({"directive_id": directive_id})

    async def list(self, after: str | None = None, limit: int = 100) -> list[Mission]:
        return await self._page({}, after, limit)
