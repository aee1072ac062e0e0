"""Queries on limits and reservations: the compare-and-swap that money passes through."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import BigInteger, bindparam, delete, func, select, update

from damascus.ledger.repositories.base import Repository, upsert
from damascus.ledger.tables.budgets import Budget, Reservation, budgets, reservations
from damascus.ledger.tables.tasks import tasks

_c = budgets.c
_of = _c.scope.in_(bindparam("scopes", expanding=True))
_amount = bindparam("amount", type_=BigInteger)
# PostgreSQL locks rows in the order it finds them: in one order always, so that two never hold them crosswise
_LOCK = select(_c.scope).where(_of).order_by(_c.scope).with_for_update()
_other = budgets.alias("other")
_WITH_ROOM = (
    select(func.count())
    .where(_other.c.scope.in_(bindparam("scopes", expanding=True)))
    .where(_other.c.spent + _other.c.reserved + _amount <= _other.c.limit)
    .scalar_subquery()
)
_RESERVE = update(budgets).where(_of, bindparam("count") == _WITH_ROOM).values(reserved=_c.reserved + _amount)
_SETTLE = (
    update(budgets)
    .where(_of)
    .values(reserved=_c.reserved - bindparam("held"), spent=_c.spent + bindparam("cost"))
    .returning(budgets)
)
_TAKE = delete(reservations).where(reservations.c.id == bindparam("of")).returning(reservations)


class Budgets(Repository[Budget]):
    table = budgets
    row = Budget

    async def ensure(self, scope: str, limit: int, now: datetime) -> None:
        """Make the scope with this limit where there is none; two at once make one."""
        row = {"scope": scope, "limit": limit, "spent": 0, "reserved": 0, "warned": False, "created_at": now}
        insertion = upsert(self._connection, budgets).values(row)
        await self._connection.execute(insertion.on_conflict_do_nothing(index_elements=["scope"]))

    async def reserve(self, scopes: Sequence[str], amount: int) -> bool:
        """Hold `amount` under every scope's limit, or under none: False when one is not there or would be passed."""
        await self._lock(scopes)
        given = {"scopes": list(scopes), "amount": amount, "count": len(scopes)}
        return await self._run(_RESERVE, given) == len(scopes)

    async def settle(self, scopes: Sequence[str], held: int, cost: int) -> Sequence[Budget]:
        """Give back what was held and count what it cost; the budgets as they are then."""
        await self._lock(scopes)
        rows = await self._connection.execute(_SETTLE, {"scopes": list(scopes), "held": held, "cost": cost})
        return [Budget(*row) for row in rows.all()]

    async def _lock(self, scopes: Sequence[str]) -> None:
        if self._connection.dialect.name == "postgresql":
            await self._connection.execute(_LOCK, {"scopes": list(scopes)})

    async def warn(self, scope: str) -> bool:
        """Note that the warning went out; False when it had before."""
        return await self._change({"scope": scope, "warned": False}, warned=True) == 1

    async def set_limit(self, scope: str, limit: int) -> bool:
        return await self._change({"scope": scope}, limit=limit, warned=False) == 1

    async def list(self, *scopes: str) -> list[Budget]:
        where = [budgets.c.scope.in_(scopes)] if scopes else []
        return await self._all(self._select(*where).order_by(budgets.c.scope))


class Reservations(Repository[Reservation]):
    table = reservations
    row = Reservation

    async def take(self, id: str) -> Reservation | None:
        """Remove and return it; None when it was settled before."""
        gone = (await self._connection.execute(_TAKE, {"of": id})).first()
        return Reservation(*gone) if gone else None

    async def of_task(self, task_id: str) -> list[Reservation]:
        return await self._all(self._select(reservations.c.task_id == task_id))

    async def orphans(self, before: datetime, active: Sequence[str]) -> list[Reservation]:
        """Those held since before `before` for tasks that no worker carries any more."""
        idle = select(tasks.c.id).where(tasks.c.status.not_in(active))
        where = [reservations.c.created_at < before, reservations.c.task_id.in_(idle)]
        return await self._all(self._select(*where))
