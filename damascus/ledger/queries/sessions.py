"""Queries on browsers that are logged in, and on the codes with which they log in."""

from datetime import datetime

from sqlalchemy import bindparam, delete, update

from damascus.core.records.sessions import LoginCode, LoginKind, WebSession
from damascus.ledger.queries.base import ReadQueries, TableQueries
from damascus.ledger.tables.columns import Utc
from damascus.ledger.tables.sessions import login_codes, sessions

_c = login_codes.c
_TRIED = (
    update(login_codes)
    .where(_c.kind == LoginKind.PAIRING, _c.used_at.is_(None), _c.expires_at > bindparam("at", type_=Utc))
    .values(tries=_c.tries + 1)
)
_OLD = bindparam("before", type_=Utc)
_FORGET = (
    delete(login_codes).where(_c.expires_at < _OLD),
    delete(sessions).where((sessions.c.expires_at < _OLD) | (sessions.c.ended_at < _OLD)),
)


class LoginCodeReads(ReadQueries[LoginCode]):
    table = login_codes
    row = LoginCode


class LoginCodeQueries(LoginCodeReads, TableQueries[LoginCode]):
    async def use(self, sha256: str, max_tries: int) -> LoginCode | None:
        """Use up the code with this SHA-256; None if none is valid. Of two who use one at once, one does."""
        where = {"sha256": sha256, "used_at": None, "expires_at >": self._now, "tries <": max_tries}
        if not await self._update(where, used_at=self._now):
            return None
        return await self._one({"sha256": sha256})

    async def count_wrong_try(self) -> None:
        """Count a wrong code against every pairing code that is valid: nobody says which one was meant."""
        await self._session.change(_TRIED, {"at": self._now})


class SessionReads(ReadQueries[WebSession]):
    table = sessions
    row = WebSession

    async def valid(self, sha256: str) -> WebSession | None:
        """Return the session of the token with this SHA-256 if it is neither over nor ended."""
        return await self._one({"sha256": sha256, "ended_at": None, "expires_at >": self._now})

    async def list(self, after: str | None = None, limit: int = 100) -> list[WebSession]:
        """Return a page of the sessions that are valid, newest first."""
        return await self._page({"ended_at": None, "expires_at >": self._now}, after, limit)


class SessionQueries(SessionReads, TableQueries[WebSession]):
    async def note_use(self, id: str, expires_at: datetime) -> None:
        """Note that a session was used now; it lasts until `expires_at`."""
        await self._update({"id": id, "ended_at": None}, seen_at=self._now, expires_at=expires_at)

    async def end(self, id: str) -> bool:
        """End a session; returns False if it had ended."""
        return await self._update({"id": id, "ended_at": None}, ended_at=self._now) == 1

    async def forget_before(self, before: datetime) -> None:
        """Delete codes and sessions that were over by then."""
        for statement in _FORGET:
            await self._session.change(statement, {"before": before})
