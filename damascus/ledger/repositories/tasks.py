"""Queries on tasks: claims are compare-and-swap, every later write repeats the lease owner."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import exists, insert, select

from damascus.ledger.repositories.base import Repository, any_of
from damascus.ledger.tables.tasks import Task, task_dependencies, tasks


class Tasks(Repository[Task]):
    table = tasks
    row = Task

    async def depend(self, task_id: str, needs: Sequence[str]) -> None:
        """Note that a task waits for others."""
        if needs:
            rows = [{"task_id": task_id, "needs_id": need} for need in needs]
            await self._connection.execute(insert(task_dependencies), rows)

    async def move(
        self, id: str, before: Iterable[str], after: str, *, owner: str | None = None, **values: Any
    ) -> bool:
        """Set the status where it is one of `before` and, if `owner` is given, the lease is the owner's.

        False when no row changed. Only work/tasks.py calls this.
        """
        fence = {} if owner is None else {"lease_owner": owner}
        return await self._change({"id": id, "status": list(before), **fence}, status=after, **values) == 1

    async def renew(self, id: str, owner: str, until: datetime) -> bool:
        """Lengthen the lease; False when it is not the owner's any more."""
        return await self._change({"id": id, "lease_owner": owner}, lease_until=until) == 1

    async def of_mission(self, mission_id: str) -> list[Task]:
        return await self._all(self._select(tasks.c.mission_id == mission_id).order_by(tasks.c.id))

    async def by_key(self, mission_id: str, key: str) -> Task | None:
        found = await self._all(self._select(tasks.c.mission_id == mission_id, tasks.c.key == key))
        return found[0] if found else None

    async def needed_by(self, task_id: str) -> list[Task]:
        """The tasks that this one waits for."""
        needs = select(task_dependencies.c.needs_id).where(task_dependencies.c.task_id == task_id)
        return await self._all(self._select(tasks.c.id.in_(needs)).order_by(tasks.c.id))

    async def dependencies(self, mission_id: str) -> dict[str, list[str]]:
        """Task id -> ids of the tasks it waits for, for a whole mission."""
        rows = await self._connection.execute(
            select(task_dependencies)
            .join(tasks, tasks.c.id == task_dependencies.c.task_id)
            .where(tasks.c.mission_id == mission_id)
        )
        graph: dict[str, list[str]] = {}
        for task_id, needs_id in rows.all():
            graph.setdefault(task_id, []).append(needs_id)
        return graph

    async def ready(self, mission_id: str) -> list[Task]:
        """Waiting tasks of a mission whose needs are all completed."""
        other = tasks.alias()
        open_need = exists().where(
            task_dependencies.c.task_id == tasks.c.id,
            task_dependencies.c.needs_id == other.c.id,
            other.c.status != "completed",
        )
        where = [tasks.c.mission_id == mission_id, tasks.c.status == "waiting", ~open_need]
        return await self._all(self._select(*where).order_by(tasks.c.id))

    async def expired(self, now: datetime, active: Iterable[str]) -> list[Task]:
        """Tasks under way whose lease ran out."""
        return await self._all(self._select(any_of(tasks.c.status, active), tasks.c.lease_until < now).limit(500))

    async def held_by(self, worker: str, active: Iterable[str]) -> list[Task]:
        """Tasks under way that a worker of this name (in any earlier life) holds."""
        where = [any_of(tasks.c.status, active), tasks.c.lease_owner.startswith(f"{worker}/", autoescape=True)]
        return await self._all(self._select(*where))

    async def under_way(self, role: str, active: Iterable[str]) -> list[Task]:
        """Tasks of a role that a worker holds now."""
        return await self._all(self._select(tasks.c.role == role, any_of(tasks.c.status, active)).order_by(tasks.c.id))

    async def parked(self, reason: str) -> list[Task]:
        """Tasks of all missions that are parked for this reason."""
        return await self._all(self._select(tasks.c.status == "parked", tasks.c.reason == reason).order_by(tasks.c.id))

    async def done_by_role(self, role: str, limit: int = 5) -> list[Task]:
        """The newest completed work of a role over all missions, newest first."""
        where = [tasks.c.role == role, tasks.c.status == "completed", tasks.c.kind != "plan"]
        return await self._all(self._select(*where).order_by(tasks.c.finished_at.desc()).limit(limit))
