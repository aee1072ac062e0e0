"""Waiting for a service: often at first, seldom later, never beyond what was set."""

import pytest

from agents.patience import tries
from damascus.core.clock import FixedClock


@pytest.mark.parametrize(("seconds", "times"), [(0.0, 1), (0.4, 1), (0.5, 2), (60.0, 15)])
async def test_it_tries_with_growing_pauses_and_says_which_is_the_last(seconds: float, times: int) -> None:
    clock = FixedClock()
    told = [may_wait async for may_wait in tries(clock, seconds)]
    assert told == [True] * (times - 1) + [False]
    assert clock.monotonic() <= seconds
