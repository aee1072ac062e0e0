"""How long a server asks to wait, however it says it, and however absurd."""

from datetime import UTC, datetime, timedelta

import pytest

from damascus.llm.asked_pause import MAX_PAUSE_SECONDS, asked_pause

NOW = datetime(2026, 11, 29, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "error", "seconds"),
    [
        ({"retry-after": "31"}, {}, 31.0),
        ({"retry-after": "Sun, 29 Nov 2026 00:01:00 GMT"}, {}, 60.0),
        ({"retry-after": "-5"}, {"message": "try again in 9s"}, 0.0),
        ({"retry-after": "soon"}, {"message": "Please try again in 1m10s."}, 70.0),
        ({}, {"details": [{"retryDelay": "45s"}]}, 45.0),
        ({}, {"message": "resets in 2 hours"}, 7_200.0),
        ({}, {"message": "too much to do"}, None),
        ({"retry-after": "nan"}, {}, None),
        ({}, {"message": "x is currently loading", "estimated_time": 20.5}, 20.5),
        ({}, {"message": "try again in 9s", "estimated_time": 0}, 9.0),
        ({}, {"estimated_time": "soon"}, None),
    ],
)
def test_a_pause_is_read_from_the_header_else_from_the_body(
    headers: dict[str, str], error: dict[str, object], seconds: float | None
) -> None:
    assert asked_pause(headers, error, NOW) == seconds


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({"retry-after": "inf"}, ""),
        ({"retry-after": "1e300"}, ""),
        ({"retry-after": "Fri, 31 Dec 9999 23:59:59 GMT"}, ""),
        ({}, "try again in " + "9" * 400 + "s"),
        ({}, "try again in 99999999999999999999 days"),
    ],
)
def test_a_pause_without_end_is_one_that_a_date_can_hold(headers: dict[str, str], message: str) -> None:
    pause = asked_pause(headers, {"message": message}, NOW)
    assert pause == MAX_PAUSE_SECONDS
    assert NOW + timedelta(seconds=pause) > NOW
