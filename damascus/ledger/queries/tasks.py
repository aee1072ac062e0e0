"""Queries on tasks: claims are compare-and-swap, every later write repeats the lease owner."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Integer, Text, bindparam, case, exists, func, insert, select

from damascus.core.records.tasks import Task, TaskKind, TaskStatus
from damascus.ledger.queries.base import ReadQueries, TableQueries, columns_of
from damascus.ledger.tables.receipts import receipts
from damascus.ledger.tables.tasks import task_dependencies, tasks

_of: BindParameter[str] = bindparam("of")
_d = task_dependencies.c
_other = tasks.alias()
_COLUMNS = columns_of(tasks, Task)
_DEPEND = insert(task_dependencies)
_DEPENDENCIES = select(task_dependencies).join(tasks, tasks.c.id == _d.task_id).where(tasks.c.mission_id == _of)
_NEEDED = select(*_COLUMNS).where(tasks.c.id.in_(select(_d.needs_id).where(_d.task_id == _of))).order_by(tasks.c.id)
_OPEN_NEED = exists().where(
    _d.task_id == tasks.c.id, _d.needs_id == _other.c.id, _other.c.status != TaskStatus.COMPLETED
)
_READY = (
    select(*_COLUMNS)
    .where(tasks.c.mission_id == _of, tasks.c.status == TaskStatus.WAITING, ~_OPEN_NEED)
    .order_by(tasks.c.id)
)
_BEGINNING = func.substr(tasks.c.reason, 1, bindparam("length", type_=Integer))
_PARKED_FOR = (
    select(*_COLUMNS)
    .where(tasks.c.status == TaskStatus.PARKED, bindparam("reason", type_=Text) == _BEGINNING)
    .order_by(tasks.c.id)
)
_COUNT_WAITING = select(func.count()).where(tasks.c.status == TaskStatus.PARKED, tasks.c.waits_for == _of)
_BY_STATUS = select(tasks.c.status, func.count()).group_by(tasks.c.status)
_BY_STATUS_OF_MISSION = _BY_STATUS.where(tasks.c.mission_id == _of)
_HAS_RECEIPT = exists().where(receipts.c.task_id == tasks.c.id)
_RECORD = (
    select(
        tasks.c.role, tasks.c.status, func.count(),
        func.sum(case((_HAS_RECEIPT & ~_HAS_RECEIPT.where(~receipts.c.ok), 1), else_=0)),
    )
    .where(tasks.c.status.in_([TaskStatus.COMPLETED, TaskStatus.FAILED]))
    .group_by(tasks.c.role, tasks.c.status)
)  # fmt: skip
_ACTIVE = list(TaskStatus.ACTIVE)
MAX_EXPIRED = 500


@dataclass(frozen=True, slots=True)
class RoleRecord:
    """How the tasks of a role ended; `passed_first_time` counts completed ones that passed every check at once."""

    done: int = 0
    failed: int = 0
    passed_first_time: int = 0


class TaskReads(ReadQueries[Task]):
    table = tasks
    row = Task

    async def of_mission(self, mission_id: str) -> list[Task]:
        """Return a mission's tasks, oldest first."""
        return await self._select({"mission_id": mission_id}, "id")

    async def by_key(self, mission_id: str, key: str) -> Task | None:
        """Return the mission's task with this key, or None."""
        return await self._one({"mission_id": mission_id, "key": key})

    async def records_of_roles(self) -> dict[str, RoleRecord]:
        """Return how the tasks of each role ended."""
        found = {(role, status): (int(n), int(passed)) for role, status, n, passed in await self._session.rows(_RECORD)}
        records = {}
        for role in {role for role, _ in found}:
            done, passed = found.get((role, TaskStatus.COMPLETED), (0, 0))
            failed, _ = found.get((role, TaskStatus.FAILED), (0, 0))
            records[role] = RoleRecord(done, failed, passed)
        return records

    async def dependencies_of(self, task_id: str) -> list[Task]:
        """Return the tasks that this one waits for."""
        return await self._fetch(_NEEDED, {"of": task_id})

    async def dependencies(self, mission_id: str) -> dict[str, list[str]]:
        """Return, for each task of a mission that waits for others, their ids."""
        graph: dict[str, list[str]] = {}
        for task_id, needs_id in await self._session.rows(_DEPENDENCIES, {"of": mission_id}):
            graph.setdefault(task_id, []).append(needs_id)
        return graph

    async def ready(self, mission_id: str) -> list[Task]:
        """Return the waiting tasks of a mission whose dependencies are all completed."""
        return await self._fetch(_READY, {"of": mission_id})

    async def expired(self, now: datetime, latest: datetime | None = None) -> list[Task]:
        """Return active tasks whose lease ran out, or ends after `latest`: a clock that was ahead wrote it."""
        over = await self._select({"status": _ACTIVE, "lease_until <": now}, limit=MAX_EXPIRED)
        if latest is None:
            return over
        return over + await self._select({"status": _ACTIVE, "lease_until >": latest}, limit=MAX_EXPIRED)

    async def leased_by(self, worker: str) -> list[Task]:
        """Return active tasks that a worker of this name has leased, in any of its processes."""
        theirs = tasks.c.lease_owner.startswith(f"{worker}/", autoescape=True)
        return await self._fetch(select(*_COLUMNS).where(tasks.c.status.in_(_ACTIVE), theirs))

    async def active_of_role(self, role: str) -> list[Task]:
        """Return the tasks of a role that workers have leased now."""
        return await self._select({"role": role, "status": _ACTIVE}, "id")

    async def count_by_status(self, mission_id: str | None = None) -> dict[str, int]:
        """Return how many tasks a mission, or all, have of each status; those of which there are none are left out."""
        counting = (_BY_STATUS_OF_MISSION, {"of": mission_id}) if mission_id else (_BY_STATUS, None)
        return {status: int(count) for status, count in await self._session.rows(*counting)}

    async def at_work(self) -> list[Task]:
        """Return the tasks of all missions that workers have leased now, or that are parked."""
        return await self._select({"status": [*TaskStatus.ACTIVE, TaskStatus.PARKED]}, "id")

    async def parked_for(self, reason: str) -> list[Task]:
        """Return the parked tasks of all missions whose reason begins with this one."""
        return await self._fetch(_PARKED_FOR, {"reason": reason, "length": len(reason)})

    async def waiting_for_models(self) -> list[Task]:
        """Return the tasks that are parked for a model, whose turn comes first before the others."""
        return await self._select({"status": TaskStatus.PARKED, "waits_for !=": None}, "wake_at id")

    async def count_waiting(self, model: str) -> int:
        """Return how many tasks are parked for a model."""
        rows = await self._session.rows(_COUNT_WAITING, {"of": model})
        return int(rows[0][0])

    async def done_by_role(self, role: str, limit: int = 5, *, besides: str | None = None) -> list[Task]:
        """Return the newest completed work of a role, newest first, without subtasks and the mission `besides`.

        A model that read an order can give one to a subtask: its words end with its mission.
        """
        where = {"role": role, "status": TaskStatus.COMPLETED, "kind !=": TaskKind.PLAN, "parent_id": None}
        return await self._select(where | ({"mission_id !=": besides} if besides else {}), "-finished_at", limit)


class TaskQueries(TaskReads, TableQueries[Task]):
    async def add_dependencies(self, task_id: str, depends_on: Sequence[str]) -> None:
        """Note that a task waits for others."""
        if depends_on:
            rows = [{"task_id": task_id, "needs_id": need} for need in depends_on]
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
        """Set the status if it is one of `before` and, as far as they are given, the lease is the owner's and ends at
        `until`; returns False if no row changed.

        Only work/tasks/tasks.py calls this.
        """
        given = {"lease_owner": owner, "lease_until": until}
        fence = {name: value for name, value in given.items() if value is not None}
        return await self._update({"id": id, "status": list(before), **fence}, status=after, **values) == 1

    async def use_turn(self, id: str, model: str) -> bool:
        """Use the turn at a model that a task was woken for; returns False if it has none, or not any more."""
        return await self._update({"id": id, "waits_for": model}, waits_for=None, wake_at=None) == 1

    async def put_off(self, model: str, until: datetime) -> None:
        """Let the tasks that are parked for a model expect their turn at `until` at the earliest."""
        await self._update({"status": TaskStatus.PARKED, "waits_for": model, "wake_at <": until}, wake_at=until)

    async def renew(self, id: str, owner: str, until: datetime) -> bool:
        """Extend the lease; returns False if it is not the owner's any more."""
        return await self._update({"id": id, "lease_owner": owner}, lease_until=until) == 1
