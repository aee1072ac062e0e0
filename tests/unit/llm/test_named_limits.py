"""Which limits a minute a refusal names: only those that are surely meant for a minute."""

from datetime import UTC, datetime

import pytest

from damascus.llm.asked_pause import MAX_PAUSE_SECONDS, asked_pause, reset_seconds
from damascus.llm.named_limits import NO_LIMITS, NamedLimits, named_limits

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def violation(id: str, value: object) -> dict:
    return {"details": [{"@type": "type.googleapis.com/google.rpc.QuotaFailure",
                         "violations": [{"quotaId": id, "quotaValue": value}]}]}  # fmt: skip


@pytest.mark.parametrize(
    ("error", "found"),
    [
        ({"message": "Rate limit reached for m on requests per min (RPM): Limit 3, Used 3, Requested 1."}, (3, None)),
        ({"message": "Rate limit reached on tokens per min (TPM): Limit 30,000, Used 29000"}, (None, 30_000)),
        ({"message": "on requests per minute (RPM): Limit 30, Used 30. Please try again in 1.2s"}, (30, None)),
        ({"message": "This would exceed your rate limit of 5 requests per minute"}, (5, None)),
        ({"message": "limit of 20000 tokens per minute and 5 requests/min"}, (5, 20_000)),
        ({"message": "Rate limit reached on requests per day (RPD): Limit 200, Used 200"}, (None, None)),
        ({"message": "You exceeded your current quota, limit: 10"}, (None, None)),
        ({"message": "Limit 0 requests per minute"}, (None, None)),
        (violation("GenerateRequestsPerMinutePerProjectPerModel-FreeTier", "10"), (10, None)),
        (violation("GenerateContentInputTokensPerModelPerMinute-FreeTier", "250000"), (None, 250_000)),
        (violation("GenerateRequestsPerDayPerProjectPerModel-FreeTier", "250"), (None, None)),
        (violation("GenerateRequestsPerMinutePerProjectPerModel-FreeTier", "0"), (None, None)),
        (violation("GenerateRequestsPerMinutePerProjectPerModel-FreeTier", {"a": 1}), (None, None)),
        ({"details": [{"violations": "none"}, None, 7], "message": None}, (None, None)),
    ],
)  # fmt: skip
def test_in_the_body(error: dict, found: tuple[int | None, int | None]) -> None:
    assert named_limits({}, error, NOW) == NamedLimits(*found)


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        ({"x-ratelimit-limit-requests": "60", "x-ratelimit-reset-requests": "1s"}, (60, None)),
        ({"x-ratelimit-limit-requests": "14400", "x-ratelimit-reset-requests": "2m59.56s"}, (None, None)),
        ({"x-ratelimit-limit-tokens": "6000", "x-ratelimit-reset-tokens": "7.66s"}, (None, 6000)),
        ({"anthropic-ratelimit-requests-limit": "50",
          "anthropic-ratelimit-requests-reset": "2026-03-01T12:00:30Z"}, (50, None)),
        ({"anthropic-ratelimit-requests-limit": "50",
          "anthropic-ratelimit-requests-reset": "2026-03-01T13:00:30Z"}, (None, None)),
        ({"x-ratelimit-limit": "20", "x-ratelimit-reset": str(int((NOW.timestamp() + 40) * 1000))}, (20, None)),
        ({"ratelimit-limit": "20", "ratelimit-reset": "30"}, (20, None)),
        ({"x-ratelimit-limit-requests": "0", "x-ratelimit-reset-requests": "1s"}, (None, None)),
        ({"x-ratelimit-limit-requests": "-5", "x-ratelimit-reset-requests": "1s"}, (None, None)),
        ({"x-ratelimit-limit-requests": "nan", "x-ratelimit-reset-requests": "1s"}, (None, None)),
        ({"x-ratelimit-limit-requests": "9" * 40, "x-ratelimit-reset-requests": "1s"}, (None, None)),
        ({"x-ratelimit-limit-requests": "60"}, (None, None)),
    ],
)  # fmt: skip
def test_in_headers(headers: dict, found: tuple[int | None, int | None]) -> None:
    assert named_limits(headers, {}, NOW) == NamedLimits(*found)


def test_the_body_goes_before_the_headers() -> None:
    headers = {"x-ratelimit-limit-requests": "60", "x-ratelimit-reset-requests": "1s"}
    assert named_limits(headers, {"message": "5 requests per minute"}, NOW).requests == 5
    assert named_limits({}, {}, NOW) is NO_LIMITS


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("1m2s", 62), ("120ms", 0.12), ("30", 30), ("2026-03-01T12:00:10+00:00", 10), ("2026-03-01T11:00:00Z", 0),
        (str(int(NOW.timestamp()) + 25), 25), (str(int(NOW.timestamp() * 1000) + 25_000), 25), ("-3", None),
        ("nan", None), ("inf", None), ("soon", None), ("", None), ("1e300", None), ("2026-03-01T12:00:10", None),
    ],
)  # fmt: skip
def test_a_reset_is_a_duration_seconds_or_a_time(value: str, seconds: float | None) -> None:
    assert reset_seconds(value, NOW) == (seconds if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after-ms": "1500", "retry-after": "2"}, 1.5),
        ({"retry-after-ms": "-1", "retry-after": "2"}, 2),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "20s",
          "x-ratelimit-remaining-tokens": "9", "x-ratelimit-reset-tokens": "50s"}, 20),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "20s",
          "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "50s"}, 50),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "99999999999999999"}, None),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(NOW.timestamp() + 10**9))}, MAX_PAUSE_SECONDS),
        ({"x-ratelimit-remaining": "0"}, None),
    ],
)  # fmt: skip
def test_a_pause_in_other_headers(headers: dict, seconds: float | None) -> None:
    assert asked_pause(headers, {}, NOW) == seconds
