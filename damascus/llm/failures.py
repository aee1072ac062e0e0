"""How an attempt fails: whether another may succeed, and whether it can have cost anything. No vendor's type here."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from damascus.llm.asked_pause import asked_pause
from damascus.llm.named_limits import NO_LIMITS, NamedLimits, named_limits
from damascus.llm.refusals import RefusalKind, refusal_kind
from damascus.llm.server_words import MAX_WORDS_CHARS, error_object, words_in

BUSY_STATUSES = (429, 503, 529)
MALFORMED_STATUSES = (400, 422)
DENIED_STATUSES = (401, 403)
_FINAL_STATUSES = frozenset({400, 401, 402, 403, 404, 405, 406, 410, 411, 413, 414, 415, 422, 431, 451, 501})
_RETRYABLE_STATUSES = frozenset({408, 409, 425, 429})
# The server, or a proxy before it, gave up waiting for a model that may have worked all the while.
_TIMEOUT_STATUSES = frozenset({408, 499, 504, 524})
_COME_BACK_KINDS = frozenset({RefusalKind.PASSING, RefusalKind.LOADING, RefusalKind.BUSY})
_FINAL_KINDS = frozenset(
    {
        RefusalKind.SET_UP, RefusalKind.NO_CREDIT, RefusalKind.WRONG_KEY, RefusalKind.WRONG_NAME,
        RefusalKind.NOT_ALLOWED, RefusalKind.FILTERED,
    }
)  # fmt: skip


@dataclass(eq=False)
class AttemptFailure(Exception):
    """One attempt that ended without a response.

    `not_billed`: it certainly cost nothing. `retryable`: another attempt may succeed. `unreachable`: nothing listens
    there. `on_the_way`: a proxy or a certificate is the problem, and the message says what to do.
    `retry_after_seconds`: the pause that the server asks for. `max_retries`: after that many another attempt is
    not worth its time. `status`, `param`, `limits`: what the server named, if anything. `said`: its words, longer than
    `message`.
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
    said: str = ""

    @property
    def is_busy(self) -> bool:
        """True if the server is there and will take the request another time."""
        return self.retryable and (self.status in BUSY_STATUSES or self.kind in _COME_BACK_KINDS)

    @property
    def is_for_all(self) -> bool:
        """True if any other request to the model would have been refused for now, too, and this one cost nothing."""
        return self.is_busy and self.not_billed and self.status not in MALFORMED_STATUSES

    def __str__(self) -> str:
        return self.message


def failure_of_status(status: int, body: object, headers: Mapping[str, str], now: datetime) -> AttemptFailure:
    """Return the failure behind an HTTP status of 400 or more; `body` is the decoded body, or its text."""
    error = error_object(body)
    said = words_in(body)
    kind = refusal_kind(status, f"{_codes_of(error)} {said}")
    retryable = _is_retryable(status, kind) and (
        status in _RETRYABLE_STATUSES or status >= 499 or kind in _COME_BACK_KINDS
    )
    told = {**error, "message": said}
    wait = asked_pause(headers, told, now) if status in BUSY_STATUSES else None
    param = error.get("param")
    return AttemptFailure(
        f"HTTP {status}: {said or _rest_of(error)}",
        not_billed=status not in _TIMEOUT_STATUSES,
        retryable=retryable,
        retry_after_seconds=wait,
        status=status,
        param=param if isinstance(param, str) else None,
        kind=kind,
        limits=named_limits(headers, told, now) if status in BUSY_STATUSES else NO_LIMITS,
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
    error, said = error_object(found), words_in(found)
    code = str(error.get("code") or error.get("status_code") or error.get("status") or "")
    status = int(code) if re.fullmatch(r"[1-5]\d\d", code) else None
    kind = refusal_kind(status, f"{_codes_of(error)} {said}")
    busy = status in BUSY_STATUSES or kind in _COME_BACK_KINDS
    return AttemptFailure(
        f"the server broke off: {said or _rest_of(error)}",
        not_billed=kind in (RefusalKind.PASSING, RefusalKind.LOADING),
        retryable=_is_retryable(status, kind),
        retry_after_seconds=asked_pause({}, {**error, "message": said}, now) if busy else None,
        status=status,
        kind=kind,
    )


def _is_retryable(status: int | None, kind: RefusalKind) -> bool:
    return kind in _COME_BACK_KINDS or (status not in _FINAL_STATUSES and kind not in _FINAL_KINDS)


def _has_words(event: Mapping[str, Any]) -> bool:
    """Return True if an event without choices has words of its own: also MiniMax's, where 0 is none."""
    base = event.get("base_resp")
    if isinstance(base, Mapping):
        return base.get("status_code") not in (0, None)
    return "usage" not in event and any(isinstance(event.get(key), str | list) for key in ("detail", "message", "msg"))


def _codes_of(error: Mapping[str, Any]) -> str:
    return " ".join(str(error.get(key) or "") for key in ("code", "type", "status", "status_code"))


def _rest_of(error: Mapping[str, Any]) -> str:
    """Return an error that has no words, as it is."""
    rest = {key: value for key, value in error.items() if value not in (None, "", [], {})}
    return str(rest)[:MAX_WORDS_CHARS] if rest else "no reason given"
