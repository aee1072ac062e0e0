"""How an attempt fails: whether another may succeed, and whether it can have cost anything. No vendor's type here."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from damascus.llm.asked_pause import asked_pause
from damascus.llm.named_limits import NO_LIMITS, NamedLimits, named_limits
from damascus.llm.refusals import RefusalKind, refusal_kind

BUSY_STATUSES = (429, 503, 529)
MALFORMED_STATUSES = (400, 422)
_FINAL_STATUSES = frozenset({400, 401, 402, 403, 404, 405, 406, 410, 411, 413, 414, 415, 422, 431, 451, 501})
_RETRYABLE_STATUSES = frozenset({408, 409, 425, 429})
# The server, or a proxy before it, gave up waiting for a model that may have worked all the while.
_TIMEOUT_STATUSES = frozenset({408, 499, 504, 524})
_FINAL_KINDS = frozenset({RefusalKind.SET_UP, RefusalKind.NO_CREDIT})
_WHITESPACE = re.compile(r"\s+")


@dataclass(eq=False)
class AttemptFailure(Exception):
    """One attempt that ended without a response.

    `not_billed`: it certainly cost nothing. `retryable`: another attempt may succeed. `unreachable`: nothing listens
    there. `on_the_way`: a proxy or a certificate is the problem, and the message says what to do.
    `retry_after_seconds`: the pause that the server asks for. `max_retries`: after that many another attempt is
    not worth its time. `status`, `param`, `limits`: what the server named, if anything.
    """

    message: str
    not_billed: bool
    retryable: bool
    unreachable: bool = False
    on_the_way: bool = False
    retry_after_seconds: float | None = None
    max_retries: int | None = None
    status: int | None = None
    param: str | None = None
    kind: RefusalKind = RefusalKind.OTHER
    limits: NamedLimits = NO_LIMITS

    @property
    def is_busy(self) -> bool:
        """True if the server is there and will take the request another time."""
        return self.retryable and (self.status in BUSY_STATUSES or self.kind == RefusalKind.PASSING)

    @property
    def is_for_all(self) -> bool:
        """True if any other request to the model would have been refused for now, too, and this one cost nothing."""
        return self.is_busy and self.not_billed and self.status not in MALFORMED_STATUSES

    def __str__(self) -> str:
        return self.message


def failure_of_status(status: int, body: object, headers: Mapping[str, str], now: datetime) -> AttemptFailure:
    """Return the failure behind an HTTP status of 400 or more; `body` is the decoded error, or its text."""
    error = _error_in_body(body)
    kind = refusal_kind(status, _words_of(error))
    retryable = _is_retryable(status, kind) and (
        status in _RETRYABLE_STATUSES or status >= 499 or kind == RefusalKind.PASSING
    )
    wait = asked_pause(headers, error, now) if status in BUSY_STATUSES else None
    message = f"HTTP {status}: {_message_of(error)}"
    param = error.get("param")
    return AttemptFailure(
        message,
        not_billed=status not in _TIMEOUT_STATUSES,
        retryable=retryable,
        retry_after_seconds=wait,
        status=status,
        param=param if isinstance(param, str) else None,
        kind=kind,
        limits=named_limits(headers, error, now) if status in BUSY_STATUSES else NO_LIMITS,
    )


def failure_of_event(event: Mapping[str, Any], now: datetime) -> AttemptFailure | None:
    """Return the failure that a server reports inside a response with status 200, or None if it reports none.

    Some report it beside the choices, some in one, some in place of them.
    """
    choices = event.get("choices")
    first = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], Mapping) else {}
    is_error = event.get("object") == "error" or event.get("type") == "error" or (not choices and _has_words(event))
    found = event if event.get("error") or is_error else first
    if not (found.get("error") or is_error):
        return None
    error = _error_in_body(found)
    code = str(error.get("code") or error.get("status") or "")
    status = int(code) if re.fullmatch(r"[1-5]\d\d", code) else None
    kind = refusal_kind(status, _words_of(error))
    message = f"the server broke off: {_message_of(error)}"
    passing = kind == RefusalKind.PASSING
    wait = asked_pause({}, error, now) if status in BUSY_STATUSES else None
    retryable = _is_retryable(status, kind)
    return AttemptFailure(message, passing, retryable, retry_after_seconds=wait, status=status, kind=kind)


def _is_retryable(status: int | None, kind: RefusalKind) -> bool:
    return kind == RefusalKind.PASSING or (status not in _FINAL_STATUSES and kind not in _FINAL_KINDS)


def _has_words(event: Mapping[str, Any]) -> bool:
    return "usage" not in event and any(isinstance(event.get(key), str) for key in ("detail", "message"))


def _words_of(error: Mapping[str, Any]) -> str:
    return " ".join(str(error.get(key) or "") for key in ("code", "type", "status", "message", "msg"))


def _error_in_body(body: object) -> dict[str, Any]:
    """Return the error object of OpenAI's form, of FastAPI's (`detail`), or one made of any text."""
    found = body[0] if isinstance(body, list) and body else body
    if isinstance(found, Mapping):
        found = found.get("error") or found.get("detail") or found
    return dict(found) if isinstance(found, Mapping) else {"message": str(found or "")}


def _message_of(error: Mapping[str, Any]) -> str:
    message = error.get("message") or error.get("msg") or error or "no reason given"
    return _WHITESPACE.sub(" ", str(message)).strip()[:300]
