"""Queries on named leases."""

from datetime import datetime
from functools import cache

from sqlalchemy import bindparam, delete, or_
from sqlalchemy.sql.dml import ReturningInsert

from damascus.ledger.queries.base import upsert
from damascus.ledger.session import Session, SqlDialect
from damascus.ledger.tables.leases import leases

_c = leases.c
_RELEASE = delete(leases).where(_c.name == bindparam("of"), _c.owner == bindparam("mine"))


class LeaseQueries:
    """Takes and releases named leases."""

    def __init__(self, session: Session, now: datetime) -> None:  # noqa: ARG002 (as all queries are made)
        self._session = session

    async def take(self, name: str, owner: str, now: datetime, until: datetime) -> bool:
        """Take or renew the lease; returns False while another owner has it.

        A lease that ends absurdly late is free: a clock that was ahead wrote it.
        """
        absurd = until + (until - now)
        given = {"name": name, "owner": owner, "until": until, "mine": owner, "now": now, "absurd": absurd}
        return bool(await self._session.rows(_taking(self._session.dialect), given))

    async def release(self, name: str, owner: str) -> None:
        """Give the lease up, if it is the owner's."""
        await self._session.change(_RELEASE, {"of": name, "mine": owner})


@cache
def _taking(dialect: SqlDialect) -> ReturningInsert[tuple[str]]:
    insertion = upsert(dialect, leases)
    now, absurd = bindparam("now", type_=_c.until.type), bindparam("absurd", type_=_c.until.type)
    free = or_(_c.owner == bindparam("mine"), _c.until < now, _c.until > absurd)
    changes = {name: insertion.excluded[name] for name in ("owner", "until")}
    return insertion.on_conflict_do_update(index_elements=["name"], set_=changes, where=free).returning(_c.owner)
