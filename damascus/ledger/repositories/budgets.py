"""Queries on limits and reservations: the compare-and-swap that money passes through."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import BigInteger, bindparam, delete, select, update

from damascus.ledger.repositories.base import Repository, upsert
from damascus.ledger.tables.budgets import Budget, Reservation, budgets, reservations
from damascus.ledger.tables.tasks import tasks

_c = budgets.c
_amount = bindparam("amount", type_=BigInteger)
_RESERVE = (
    update(budgets)
    .where(_c.scope == bindparam("of"), _c.spent + _c.reserved + _amount <= _c.limit)
    .values(reserved=_c.reserved + _amount)
)
_SETTLE = (
    update(budgets)
    .where(_c.scope == bindparam("of"))
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

    async def reserve(self, scope: str, amount: int) -> bool:
        """Hold `amount` under the scope's limit; False when spent + reserved + amount would pass it."""
        return await self._run(_RESERVE, {"of": scope, "amount": amount}) == 1

    async def settle(self, scope: str, held: int, cost: int) -> Budget:
        """Give back what was held and count what it cost; the budget as it is then."""
        row = (await self._connection.execute(_SETTLE, {"of": scope, "held": held, "cost": cost})).one()
        return Budget(*row)

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
