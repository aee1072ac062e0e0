"""How an attempt fails: whether it may be tried again, and whether it can have cost anything. No vendor's type here."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

_FINAL = frozenset({400, 401, 402, 403, 404, 405, 406, 410, 411, 413, 414, 415, 422, 431, 451, 501})
# The server, or a proxy before it, gave up waiting for a model that may have worked all the while.
_GAVE_UP = frozenset({408, 499, 504, 524})
_NO_CREDIT = frozenset({"insufficient_quota", "billing_hard_limit_reached", "insufficient_balance"})
_SPACE = re.compile(r"\s+")


@dataclass(eq=False)
class AttemptFailure(Exception):
    """One attempt's end without an answer.

    `free`: it surely cost nothing. `again`: another attempt may succeed. `unreachable`: nobody listens there.
    `retry_after`: seconds the server asks for. `status`, `param`: what the server named, if anything.
    """

    message: str
    free: bool
    again: bool
    unreachable: bool = False
    retry_after: float | None = None
    status: int | None = None
    param: str | None = None

    def __str__(self) -> str:
        return self.message


def of_status(status: int, body: object, headers: Mapping[str, str], now: datetime) -> AttemptFailure:
    """The failure behind an HTTP status of 400 or more; `body` is the decoded error, or its text."""
    error = _error_in(body)
    code = str(error.get("code") or error.get("type") or "")
    again = status not in _FINAL and code not in _NO_CREDIT and (status in (408, 409, 425, 429) or status >= 499)
    wait = retry_after(headers, now) if status in (429, 503) else None
    message = f"HTTP {status}: {_words(error)}"
    param = error.get("param")
    return AttemptFailure(
        message,
        free=status not in _GAVE_UP,
        again=again,
        retry_after=wait,
        status=402 if code in _NO_CREDIT else status,
        param=param if isinstance(param, str) else None,
    )


def of_event(event: Mapping[str, Any]) -> AttemptFailure | None:
    """The failure that a server reports inside a stream it began with status 200, if this is one."""
    if not event.get("error"):
        return None
    error = _error_in(event)
    code = str(error.get("code") or error.get("status") or "")
    status = int(code) if re.fullmatch(r"[1-5]\d\d", code) else None
    again = status not in _FINAL and code not in _NO_CREDIT
    return AttemptFailure(f"the server broke off: {_words(error)}", free=False, again=again, status=status)


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds asked for by Retry-After (seconds or a date); None when absent or unreadable."""
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(value) - now).total_seconds()
        except (ValueError, TypeError, OverflowError):
            return None
    return max(seconds, 0.0) if seconds == seconds else None


def _error_in(body: object) -> dict[str, Any]:
    """The error object of OpenAI's form, of FastAPI's (`detail`), or any text."""
    found = body
    if isinstance(body, Mapping):
        found = body.get("error") or body.get("detail") or body
    return dict(found) if isinstance(found, Mapping) else {"message": str(found or "")}


def _words(error: Mapping[str, Any]) -> str:
    words = error.get("message") or error.get("msg") or error or "no reason given"
    return _SPACE.sub(" ", str(words)).strip()[:300]
