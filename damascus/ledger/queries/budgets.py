"""Queries on limits and reservations: the compare-and-swap that money passes through."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import BigInteger, Insert, bindparam, delete, func, literal, select, update

from damascus.core.records.budgets import Budget, Reservation
from damascus.core.records.tasks import TaskStatus
from damascus.ledger.queries.base import ReadQueries, TableQueries, columns_of, upsert
from damascus.ledger.session import SqlDialect
from damascus.ledger.tables.budgets import budgets, reservations
from damascus.ledger.tables.tasks import tasks

_c = budgets.c
_other = budgets.alias("other")
_amount = bindparam("amount", type_=BigInteger)


_RESERVATION = columns_of(reservations, Reservation)
_TAKE = delete(reservations).where(reservations.c.id == bindparam("of")).returning(*_RESERVATION)


class _Kept:
    """The statements on so many scopes at once."""

    def __init__(self, count: int) -> None:
        scopes = [bindparam(f"scope_{index}", type_=_c.scope.type) for index in range(count)]
        of = _c.scope.in_(scopes)
        # PostgreSQL locks rows in the order it finds them: in one order always, so that two never hold them crosswise
        self.lock = select(_c.scope).where(of).order_by(_c.scope).with_for_update()
        fits = _other.c.spent + _other.c.reserved + _amount <= _other.c.limit
        with_room = select(func.count()).where(_other.c.scope.in_(scopes)).where(fits).scalar_subquery()
        self.reserve = update(budgets).where(of, literal(count) == with_room).values(reserved=_c.reserved + _amount)
        changes = {"reserved": _c.reserved - bindparam("reserved_before"), "spent": _c.spent + bindparam("cost")}
        self.settle = update(budgets).where(of).values(changes).returning(*columns_of(budgets, Budget))


_kept = cache(_Kept)


@cache
def _opening(dialect: SqlDialect) -> Insert:
    return upsert(dialect, budgets).on_conflict_do_nothing(index_elements=["scope"])


def _named(scopes: Sequence[str]) -> dict[str, str]:
    return {f"scope_{index}": scope for index, scope in enumerate(scopes)}


class BudgetReads(ReadQueries[Budget]):
    table = budgets
    row = Budget

    async def list(self, *scopes: str) -> list[Budget]:
        """Return the budgets of these scopes, or all."""
        return await self._select({"scope": [*scopes]} if scopes else {}, "scope")


class BudgetQueries(BudgetReads, TableQueries[Budget]):
    async def ensure(self, scope: str, limit: int, now: datetime) -> None:
        """Create the scope with this limit, as config.yaml says it, if there is none; two at once create one."""
        row = {"scope": scope, "limit": limit, "spent": 0, "reserved": 0, "warned": False, "created_at": now}
        row["configured"] = limit
        await self._session.change(_opening(self._session.dialect), row)

    async def reserve(self, scopes: Sequence[str], amount: int) -> bool:
        """Reserve `amount` under every scope's limit, or under none.

        Returns False if a scope does not exist or its limit would be passed.
        """
        await self.lock(scopes)
        return await self._session.change(_kept(len(scopes)).reserve, {**_named(scopes), "amount": amount}) == len(
            scopes
        )

    async def settle(self, scopes: Sequence[str], reserved: int, cost: int) -> Sequence[Budget]:
        """Release what was reserved and count what it cost; returns the budgets as they are then."""
        await self.lock(scopes)
        rows = await self._session.rows(
            _kept(len(scopes)).settle, {**_named(scopes), "reserved_before": reserved, "cost": cost}
        )
        return [Budget(*row) for row in rows]

    async def lock(self, scopes: Sequence[str]) -> None:
        """Let no other transaction change these until this one has ended."""
        if self._session.dialect == "postgresql":
            await self._session.rows(_kept(len(scopes)).lock, _named(scopes))

    async def warn(self, scope: str) -> bool:
        """Note that the warning was sent. Returns False if it was noted before."""
        return await self._update({"scope": scope, "warned": False}, warned=True) == 1

    async def set_limit(self, scope: str, limit: int) -> bool:
        """Set a limit and let it warn again; returns False if there is no such scope."""
        return await self._update({"scope": scope}, limit=limit, warned=False) == 1

    async def note_configured(self, scope: str, limit: int) -> None:
        """Note what config.yaml says; the limit itself stays."""
        await self._update({"scope": scope}, configured=limit)


class ReservationReads(ReadQueries[Reservation]):
    table = reservations
    row = Reservation

    async def of_task(self, task_id: str) -> list[Reservation]:
        """Return a task's reservations."""
        return await self._select({"task_id": task_id})

    async def in_flight(self) -> list[Reservation]:
        """Return what is reserved for every call in flight."""
        return await self._select({}, "id")

    async def orphaned(self, before: datetime) -> list[Reservation]:
        """Return reservations made before `before` for tasks that no worker has leased any more."""
        idle = select(tasks.c.id).where(tasks.c.status.not_in(TaskStatus.ACTIVE))
        reserved = select(*_RESERVATION).where(reservations.c.created_at < before, reservations.c.task_id.in_(idle))
        return await self._fetch(reserved)


class ReservationQueries(ReservationReads, TableQueries[Reservation]):
    async def take(self, id: str) -> Reservation | None:
        """Remove and return a reservation; returns None if it was settled before."""
        gone = await self._session.rows(_TAKE, {"of": id})
        return Reservation(*gone[0]) if gone else None
