"""Waiting for another attempt: often at first, seldom later, never beyond what was set."""

import pytest

from damascus.core.backoff import Backoff, retry
from damascus.core.clock import FixedClock
from damascus.core.errors import Unavailable

BACKOFF = Backoff(first_seconds=0.5, max_seconds=5.0)


class Service:
    """Is away for so many calls, each of which takes `seconds` to fail."""

    def __init__(self, clock: FixedClock, away: int, seconds: float = 0.0) -> None:
        self._clock, self._away, self._seconds = clock, away, seconds
        self.calls: list[float] = []

    async def call(self) -> str:
        self.calls.append(self._clock.monotonic())
        if len(self.calls) <= self._away:
            self._clock.advance(self._seconds)
            raise Unavailable(f"away {len(self.calls)}")
        return "here"


@pytest.mark.parametrize(("seconds", "times"), [(0.0, 1), (0.4, 1), (0.5, 2), (60.0, 15)])
async def test_it_tries_with_growing_pauses_and_raises_what_the_last_attempt_raised(seconds: float, times: int) -> None:
    clock, told = FixedClock(), list[str]()
    service = Service(clock, away=10_000)
    with pytest.raises(Unavailable, match=f"away {times}$"):
        await retry(service.call, Unavailable, lambda e: told.append(str(e)), clock, BACKOFF, seconds)
    assert told == [f"away {n}" for n in range(1, times)]
    assert clock.monotonic() <= seconds


async def test_what_works_again_is_returned_at_once() -> None:
    clock = FixedClock()
    service = Service(clock, away=3)
    assert await retry(service.call, Unavailable, lambda _: None, clock, BACKOFF, 60) == "here"
    assert service.calls == [0.0, 0.5, 1.5, 3.5]


async def test_an_attempt_that_fails_slowly_is_repeated_once_all_the_same() -> None:
    clock = FixedClock()
    service = Service(clock, away=10, seconds=90)
    with pytest.raises(Unavailable):
        await retry(service.call, Unavailable, lambda _: None, clock, BACKOFF, 60)
    assert service.calls == [0.0, 90.5]


async def test_another_error_is_not_waited_for() -> None:
    async def broken() -> None:
        raise ValueError("a bug")

    clock = FixedClock()
    with pytest.raises(ValueError, match="a bug"):
        await retry(broken, Unavailable, lambda _: None, clock, BACKOFF, 60)
    assert clock.monotonic() == 0


def test_pauses_double_up_to_the_most_however_long_it_goes_on() -> None:
    assert [BACKOFF.pause(n) for n in (0, 1, 2, 3, 4, 5, 100_000)] == [0.5, 1.0, 2.0, 4.0, 5.0, 5.0, 5.0]


@pytest.mark.parametrize(("jitter", "seconds"), [(0.0, 0.5), (0.5, 0.75), (1.0, 1.0)])
def test_jitter_takes_away_at_most_half_of_a_pause(jitter: float, seconds: float) -> None:
    assert BACKOFF.pause(1, jitter) == seconds
