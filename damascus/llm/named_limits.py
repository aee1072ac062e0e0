"""Which limits a minute a refusal names: in its words, in Google's QuotaFailure, or in its headers.

Only what is surely meant for a minute is taken: a limit that is read too high costs a few refusals, one too low an
evening. Headers without a unit are believed as far as their reset comes within a minute.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from damascus.llm.asked_pause import MAX_DETAILS, reset_seconds

MAX_NAMED = 1_000_000_000
MAX_RESET_SECONDS = 61.0
_NUMBER = r"(\d{1,10}(?:[,_]\d{3}){0,3})"
_IN_WORDS = re.compile(
    r"(requests?|tokens?) per min(?:ute)?\b[^.;\n]{0,80}?\blimit(?: is| of)?:? *" + _NUMBER
    + r"|\b(RPM|TPM)\b[^.;\n]{0,40}?\blimit(?: is| of)?:? *" + _NUMBER
    + r"|" + _NUMBER + r" *(requests?|tokens?) ?(?:per|a|/) ?min(?:ute)?\b",
    re.IGNORECASE,
)  # fmt: skip
_QUOTA_ID = re.compile(r"(requests?|tokens?)\w{0,40}?per_?minute", re.IGNORECASE)
_HEADERS = (  # limit, reset; the first that fits counts
    ("requests", "x-ratelimit-limit-requests", "x-ratelimit-reset-requests"),
    ("requests", "anthropic-ratelimit-requests-limit", "anthropic-ratelimit-requests-reset"),
    ("requests", "x-ratelimit-limit", "x-ratelimit-reset"),
    ("requests", "ratelimit-limit", "ratelimit-reset"),
    ("tokens", "x-ratelimit-limit-tokens", "x-ratelimit-reset-tokens"),
    ("tokens", "anthropic-ratelimit-tokens-limit", "anthropic-ratelimit-tokens-reset"),
)

Unit = Literal["requests", "tokens"]


@dataclass(frozen=True, slots=True)
class NamedLimits:
    """Requests and tokens a minute, as far as they were named."""

    requests: int | None = None
    tokens: int | None = None


NO_LIMITS = NamedLimits()


def named_limits(headers: Mapping[str, str], error: Mapping[str, Any], now: datetime) -> NamedLimits:
    """Return the limits a minute that a refusal names; in the body before those in its headers."""
    found = NO_LIMITS
    for unit, limit in (*_in_headers(headers, now), *_in_body(error)):
        if 0 < limit <= MAX_NAMED:
            found = replace(found, **{unit: limit})
    return found


def _in_body(error: Mapping[str, Any]) -> Iterator[tuple[Unit, int]]:
    details = error.get("details")
    for detail in details[:MAX_DETAILS] if isinstance(details, list) else []:
        violations = detail.get("violations") if isinstance(detail, Mapping) else None
        for violation in violations[:MAX_DETAILS] if isinstance(violations, list) else []:
            if isinstance(violation, Mapping):
                yield from _in_violation(violation)
    for found in _IN_WORDS.finditer(str(error.get("message") or "")):
        yield _unit(found[1] or found[3] or found[6]), _number(found[2] or found[4] or found[5])


def _in_violation(violation: Mapping[str, Any]) -> Iterator[tuple[Unit, int]]:
    named = _QUOTA_ID.search(str(violation.get("quotaId") or ""))
    if named is not None:
        yield _unit(named[1] or named[2]), _number(str(violation.get("quotaValue") or ""))


def _in_headers(headers: Mapping[str, str], now: datetime) -> Iterator[tuple[Unit, int]]:
    told: set[str] = set()
    for unit, limit, reset in _HEADERS:
        seconds = reset_seconds(headers.get(reset, ""), now)
        number = _number(headers.get(limit, ""))
        if unit not in told and number and seconds is not None and seconds <= MAX_RESET_SECONDS:
            told.add(unit)
            yield _unit(unit), number


def _unit(word: str) -> Unit:
    return "tokens" if word.lower().startswith("t") else "requests"


def _number(text: str) -> int:
    digits = re.sub(r"[,_]", "", text.strip())
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 12 else 0
