"""Queries on missions."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import bindparam, extract, func, literal, select

from damascus.core.errors import NotFound
from damascus.core.records.missions import Mission, MissionStatus
from damascus.ledger.queries.base import ReadQueries, TableQueries, columns_of
from damascus.ledger.tables.budgets import budgets
from damascus.ledger.tables.missions import missions

_LOCK = select(*columns_of(missions, Mission)).where(missions.c.id == bindparam("of")).with_for_update()
_NEWEST = select(*columns_of(missions, Mission)).order_by(missions.c.id.desc())
_BY_STATUS = select(missions.c.status, func.count()).group_by(missions.c.status)


_PAST = (
    select(
        missions.c.playbook, func.count(), func.sum(budgets.c.spent),
        func.sum(extract("epoch", missions.c.finished_at) - extract("epoch", missions.c.created_at)),
    )
    .join(budgets, budgets.c.scope == literal("mission:") + missions.c.id)
    .where(missions.c.status == MissionStatus.SUCCEEDED, missions.c.rehearsal.is_(False))
    .group_by(missions.c.playbook)
)  # fmt: skip


class MissionReads(ReadQueries[Mission]):
    table = missions
    row = Mission

    async def by_slug(self, slug: str) -> Mission | None:
        """Return the mission with this slug, or None."""
        return await self._one({"slug": slug})

    async def of_directive(self, directive_id: str) -> Mission | None:
        """Return the mission of a directive, or None if its proposal was not accepted."""
        return await self._one({"directive_id": directive_id})

    async def count_by_status(self) -> dict[str, int]:
        """Return how many missions there are of each status; those of which there are none are left out."""
        return {status: int(count) for status, count in await self._session.rows(_BY_STATUS)}

    async def past_of_playbooks(self) -> dict[str, tuple[int, int, int]]:
        """Return of each playbook how many missions succeeded by it, and what they cost and took on average.

        In micro-USD and seconds; rehearsals, and missions of which it is unknown, do not count.
        """
        rows = await self._session.rows(_PAST)
        return {name: (int(n), int(cost) // int(n), int(seconds) // int(n)) for name, n, cost, seconds in rows}

    async def list(
        self, after: str | None = None, limit: int = 100, statuses: Sequence[MissionStatus] = (), words: str = ""
    ) -> list[Mission]:
        """Return a page of missions, newest first: of all statuses, or of these, with `words` in their directive."""
        found = _NEWEST.where(missions.c.directive_text.icontains(words, autoescape=True)) if words else _NEWEST
        found = found.where(missions.c.status.in_(statuses)) if statuses else found
        return await self._fetch((found.where(missions.c.id < after) if after else found).limit(limit))


class MissionQueries(MissionReads, TableQueries[Mission]):
    async def transition(self, id: str, before: Iterable[MissionStatus], after: MissionStatus, **values: Any) -> bool:
        """Set the status if it is one of `before`; returns False if it was not.

        Only work/tasks/missions.py calls this.
        """
        return await self._update({"id": id, "status": list(before)}, status=after, **values) == 1

    async def lock(self, id: str) -> Mission:
        """Return the mission, locked until the transaction ends, so that two who finish its last tasks see each other.

        Raises NotFound if there is none.
        """
        found = await self._fetch(_LOCK, {"of": id})
        if not found:
            raise NotFound(f"there is no mission {id!r}")
        return found[0]

    async def take_playbook(self, id: str, name: str) -> bool:
        """Set the playbook of a mission that is still planned; returns False if it is not."""
        return await self._update({"id": id, "status": MissionStatus.PLANNING}, playbook=name) == 1

    async def count_replan(self, id: str) -> bool:
        """Use up the one re-plan that a mission has; returns False if it is used."""
        return await self._update({"id": id, "replans": 0}, replans=1) == 1
