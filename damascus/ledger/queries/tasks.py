"""Queries on tasks: claims are compare-and-swap, every later write repeats the lease owner."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, bindparam, exists, insert, select

from damascus.core.records.tasks import Task, TaskKind, TaskStatus
from damascus.ledger.queries.base import TableQueries
from damascus.ledger.tables.tasks import task_dependencies, tasks

_of: BindParameter[str] = bindparam("of")
_d = task_dependencies.c
_other = tasks.alias()
_DEPEND = insert(task_dependencies)
_DEPENDENCIES = select(task_dependencies).join(tasks, tasks.c.id == _d.task_id).where(tasks.c.mission_id == _of)
_NEEDED = select(tasks).where(tasks.c.id.in_(select(_d.needs_id).where(_d.task_id == _of))).order_by(tasks.c.id)
_OPEN_NEED = exists().where(
    _d.task_id == tasks.c.id, _d.needs_id == _other.c.id, _other.c.status != TaskStatus.COMPLETED
)
_READY = (
    select(tasks)
    .where(tasks.c.mission_id == _of, tasks.c.status == TaskStatus.WAITING, ~_OPEN_NEED)
    .order_by(tasks.c.id)
)
_ACTIVE = list(TaskStatus.ACTIVE)


class TaskQueries(TableQueries[Task]):
    table = tasks
    row = Task

    async def add_dependencies(self, task_id: str, needs: Sequence[str]) -> None:
        """Note that a task waits for others."""
        if needs:
            rows = [{"task_id": task_id, "needs_id": need} for need in needs]
            await self._session.change(_DEPEND, rows)

    async def transition(
        self,
        id: str,
        before: Iterable[TaskStatus],
        after: TaskStatus,
        *,
        owner: str | None = None,
        until: datetime | None = None,
        **values: Any,
    ) -> bool:
        """Set the status where it is one of `before` and, as far as they are given, the lease is the owner's and
        ends at `until`.

        False when no row changed. Only work/tasks/tasks.py calls this.
        """
        given = {"lease_owner": owner, "lease_until": until}
        fence = {name: value for name, value in given.items() if value is not None}
        return await self._update({"id": id, "status": list(before), **fence}, status=after, **values) == 1

    async def renew(self, id: str, owner: str, until: datetime) -> bool:
        """Lengthen the lease; False when it is not the owner's any more."""
        return await self._update({"id": id, "lease_owner": owner}, lease_until=until) == 1

    async def of_mission(self, mission_id: str) -> list[Task]:
        return await self._select({"mission_id": mission_id}, "id")

    async def by_key(self, mission_id: str, key: str) -> Task | None:
        return await self._one({"mission_id": mission_id, "key": key})

    async def dependencies_of(self, task_id: str) -> list[Task]:
        """The tasks that this one waits for."""
        return await self._fetch(_NEEDED, {"of": task_id})

    async def dependencies(self, mission_id: str) -> dict[str, list[str]]:
        """Task id -> ids of the tasks it waits for, for a whole mission."""
        graph: dict[str, list[str]] = {}
        for task_id, needs_id in await self._session.rows(_DEPENDENCIES, {"of": mission_id}):
            graph.setdefault(task_id, []).append(needs_id)
        return graph

    async def ready(self, mission_id: str) -> list[Task]:
        """Waiting tasks of a mission whose needs are all completed."""
        return await self._fetch(_READY, {"of": mission_id})

    async def expired(self, now: datetime, latest: datetime | None = None) -> list[Task]:
        """Tasks under way whose lease ran out, or ends after `latest`: a clock that was ahead wrote it."""
        over = await self._select({"status": _ACTIVE, "lease_until <": now}, limit=500)
        return over + (await self._select({"status": _ACTIVE, "lease_until >": latest}, limit=500) if latest else [])

    async def leased_by(self, worker: str) -> list[Task]:
        """Tasks under way that a worker of this name (in any earlier life) holds."""
        theirs = tasks.c.lease_owner.startswith(f"{worker}/", autoescape=True)
        return await self._fetch(select(tasks).where(tasks.c.status.in_(_ACTIVE), theirs))

    async def active_of_role(self, role: str) -> list[Task]:
        """Tasks of a role that a worker holds now."""
        return await self._select({"role": role, "status": _ACTIVE}, "id")

    async def parked(self) -> list[Task]:
        """Tasks of all missions that are parked."""
        return await self._select({"status": TaskStatus.PARKED}, "id")

    async def done_by_role(self, role: str, other_than: str, limit: int) -> list[Task]:
        """Return the newest completed work of a role on all missions other than `other_than`, newest first."""
        where = {"role": role, "status": TaskStatus.COMPLETED, "kind !=": TaskKind.PLAN, "mission_id !=": other_than}
        return await self._select(where, "-finished_at", limit)
