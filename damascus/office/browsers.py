"""Browsers that are logged in: the cookie that says which one asks, and how often a log-in may be tried.

A browser sends its cookie for any page; so who changes something must also know `csrf_token`, which only a page of the
office can read.
"""

import hashlib
import hmac
from collections import deque
from collections.abc import Mapping, Sequence
from http.cookies import CookieError, SimpleCookie

from damascus.composition.company import Company
from damascus.core.records.sessions import WebSession
from damascus.work import sessions

CSRF_HEADER = "x-csrf-token"
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
MAX_WRONG_LOGINS = 10
WRONG_LOGINS_SECONDS = 60.0
MAX_KNOWN_ADDRESSES = 1_000


class Browsers:
    """Knows whose cookie a request bears. The cookie has a name of the company's own: ports of a host share cookies."""

    def __init__(self, company: Company, office_token: str) -> None:
        self.cookie = f"damascus_{hashlib.sha256(office_token.encode()).hexdigest()[:8]}"
        self._company = company

    def token_in(self, headers: Mapping[str, Sequence[str]]) -> str | None:
        """Return the token of a request's cookie, None if it has none."""
        try:
            morsel = SimpleCookie("; ".join(headers.get("cookie", []))).get(self.cookie)
        except CookieError:
            return None
        return morsel.value if morsel else None

    async def find(self, token: str) -> WebSession | None:
        """Return the session that a cookie's token belongs to, None if it is not valid; notes that it is used."""
        async with self._company.outbox.reading() as tx:
            session = await sessions.session_of(tx, token)
            is_to_note = session is not None and sessions.is_use_to_note(session, tx)
        if session is not None and is_to_note:
            async with self._company.outbox.transaction() as tx:
                await sessions.note_use(tx, session)
        return session

    @staticmethod
    def may_change(token: str, method: str, headers: Mapping[str, Sequence[str]]) -> bool:
        """Return whether a request only reads, or shows that a page of the office made it."""
        if method in SAFE_METHODS:
            return True
        given = headers.get(CSRF_HEADER, [])
        return len(given) == 1 and hmac.compare_digest(given[0].encode(), sessions.csrf_token(token).encode())


class LoginLimit:
    """Counts the log-ins that an address tried in vain within WRONG_LOGINS_SECONDS."""

    def __init__(self) -> None:
        self._tried: dict[str, deque[float]] = {}

    def begin(self, address: str, now: float) -> float:
        """Count a try at `now`, before it is known whether it is in vain.

        Returns 0 if it may be made, else in how many seconds another may.
        """
        tries = self._tried.setdefault(address, deque())
        while tries and now - tries[0] >= WRONG_LOGINS_SECONDS:
            tries.popleft()
        if len(tries) >= MAX_WRONG_LOGINS:
            return WRONG_LOGINS_SECONDS - (now - tries[0])
        tries.append(now)
        while len(self._tried) > MAX_KNOWN_ADDRESSES:
            del self._tried[next(iter(self._tried))]
        return 0.0

    def succeed(self, address: str) -> None:
        """Forget the tries of who has logged in."""
        self._tried.pop(address, None)
