"""How long a server asks to wait: in a header, in Google's RetryInfo, or in its words."""

import re
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

MAX_DETAILS = 20
MAX_PAUSE_SECONDS = 8 * 86_400.0  # a week's quota; a server that says more, or for ever, is asked again then
_IN_WORDS = re.compile(
    r"(?:try again|retry|wait|resets?)(?: again)?(?: in| after| for)?:? *"
    r"((?:\d+(?:\.\d+)? ?(?:d(?:ays?)?|h(?:ours?|rs?)?|ms|m(?:in(?:ute)?s?)?|s(?:ec(?:ond)?s?)?)(?![a-z]) *)+)",
    re.IGNORECASE,
)
_ONLY_PARTS = re.compile(r"(?:\d+(?:\.\d+)?(?:d|h|ms|m|s))+", re.IGNORECASE)
_DIGITS = re.compile(r"\d{1,12}")
MAX_UNIX_SECONDS = 10_000_000_000
MAX_UNIX_MILLISECONDS = 1000 * MAX_UNIX_SECONDS
_PART = re.compile(r"(\d+(?:\.\d+)?) ?(d|h|ms|m|s)", re.IGNORECASE)
_SECONDS = {"d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


def asked_pause(headers: Mapping[str, str], error: Mapping[str, Any], now: datetime) -> float | None:
    """Return the seconds that a refusal asks to wait, MAX_PAUSE_SECONDS at most; None if it does not say."""
    asked = _in_milliseconds(headers.get("retry-after-ms", ""))
    asked = _in_header(headers.get("retry-after", "").strip(), now) if asked is None else asked
    asked = _in_body(error) if asked is None else asked
    asked = _in_resets(headers, now) if asked is None else asked
    return None if asked is None else min(asked, MAX_PAUSE_SECONDS)


def reset_seconds(value: str, now: datetime) -> float | None:
    """Return the seconds until a limit is reset: a duration, seconds, or a time as a date or a number; None: neither.

    Small numbers are seconds from now, large ones those of Unix, with or without its milliseconds.
    """
    value = value.strip()
    try:
        number = float(value)
    except ValueError:
        try:
            return max((datetime.fromisoformat(value) - now).total_seconds(), 0.0)
        except (ValueError, TypeError):
            return _duration(value) if _ONLY_PARTS.fullmatch(value) else None
    if not 0 <= number < MAX_UNIX_MILLISECONDS:
        return None
    if number > MAX_PAUSE_SECONDS:
        number = number / (1000 if number > MAX_UNIX_SECONDS else 1) - now.timestamp()
    return max(number, 0.0)


def _in_milliseconds(value: str) -> float | None:
    """Read Azure's and OpenAI's retry-after-ms."""
    return float(value) / 1000 if _DIGITS.fullmatch(value.strip()) else None


def _in_resets(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return when the limits are reset of which the headers say that nothing is left; the last of them counts."""
    resets = [
        reset_seconds(headers.get(name.replace("remaining", "reset"), ""), now)
        for name, value in headers.items()
        if "ratelimit" in name.lower() and "remaining" in name.lower() and value.strip() == "0"
    ]
    return max((seconds for seconds in resets if seconds is not None), default=None)


def _in_header(value: str, now: datetime) -> float | None:
    """Read Retry-After: seconds or a date."""
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(value) - now).total_seconds()
        except (ValueError, TypeError, OverflowError):
            return None
    return max(seconds, 0.0) if seconds == seconds else None


def _in_body(error: Mapping[str, Any]) -> float | None:
    details = error.get("details")
    for detail in details[:MAX_DETAILS] if isinstance(details, list) else []:
        delay = detail.get("retryDelay") if isinstance(detail, Mapping) else None
        if isinstance(delay, str) and (seconds := _duration(delay)) is not None:
            return seconds
    estimated = error.get("estimated_time")  # Hugging Face's, while a model loads
    if isinstance(estimated, int | float) and 0 < estimated < MAX_PAUSE_SECONDS:
        return float(estimated)
    found = _IN_WORDS.search(str(error.get("message") or ""))
    return _duration(found[1]) if found else None


def _duration(text: str) -> float | None:
    """Return the seconds of `1m10s`, `45.2s` or `2 hours`."""
    parts = [float(number) * _SECONDS[unit.lower()] for number, unit in _PART.findall(text)]
    return sum(parts) if parts else None
