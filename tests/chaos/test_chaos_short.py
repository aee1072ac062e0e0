"""The short form of `make chaos`: a few batches in one company, each with the same checks as the 200 runs."""

from collections.abc import Iterator

import pytest

from tests.chaos.cases import BY_NAME
from tests.chaos.chaos_company import House, opened
from tests.chaos.runner import Batch, play

pytestmark = [pytest.mark.timeout(240), pytest.mark.long]
SEED = 7
# one of each kind that needs no company of its own: before and after the answer, between commit and send, a wiped
# Redis, whoever at whatever moment, a stopped process, a clock that is put
SHORT = ("after-reserve", "after-answer", "before-send", "redis-flushed", "kill", "clock")


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with opened() as house:
        yield house


@pytest.mark.parametrize("name", SHORT)
def test_nothing_is_lost_or_paid_twice(house: House, name: str) -> None:
    outcome = play(house, Batch(BY_NAME[name], SEED, 2))
    assert [problem for verdict in outcome.verdicts for problem in verdict.problems] == []
    assert outcome.company == ()
    assert [verdict.good for verdict in outcome.verdicts] == [True, True]


@pytest.fixture(scope="module")
def house_that_reads() -> Iterator[House]:
    with opened(web=True) as house:
        yield house


@pytest.mark.parametrize("name", ["fetch-worker", "fetch-service", "fetch-parser"])
def test_no_page_is_lost_or_read_again_that_was_kept(house_that_reads: House, name: str) -> None:
    outcome = play(house_that_reads, Batch(BY_NAME[name], SEED, 1))
    assert [problem for verdict in outcome.verdicts for problem in verdict.problems] == []
    assert outcome.company == ()
    assert outcome.unplayed <= 1, "hardly a kill came while pages were read"
