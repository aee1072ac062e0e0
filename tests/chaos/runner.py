"""Plays batches: a few missions at once in one company, broken as a case and a seed say, each checked on its own."""

import random
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from tests.chaos.audit import Verdict, audit, of_company, open_books
from tests.chaos.cases import BY_NAME, Case
from tests.chaos.chaos_company import LEASE, TROUBLE, House, opened
from tests.chaos.pages import of_pages
from tests.fixtures.company import wait_for

MAX_BATCHES = 3  # of one company: each crash of a child makes the supervisor wait longer before its next start
END_SECONDS = 150.0
SLEEP_SECONDS = 3 * LEASE  # of a stopped process, until it is continued: its leases have long run out


@dataclass(frozen=True)
class Batch:
    """`count` runs of a case; the same case, seed and count make the same plan."""

    case: Case
    seed: int
    count: int

    @property
    def command(self) -> str:
        return f"python -m tests.chaos --case {self.case.name} --seed {self.seed} --runs {self.count}"


@dataclass(frozen=True)
class Outcome:
    """A batch that was played: a verdict for each mission, notes that were never reached, seconds."""

    batch: Batch
    verdicts: tuple[Verdict, ...]
    unplayed: int
    seconds: float
    company: tuple[str, ...]

    @property
    def good(self) -> bool:
        return all(verdict.good for verdict in self.verdicts) and not self.company


def play(house: House, batch: Batch) -> Outcome:
    """Play a batch and check it."""
    case, rng, began = batch.case, random.Random(f"{batch.case.name}/{batch.seed}"), time.monotonic()
    house.model.begin()
    given_at = time.time()
    case.before(house, rng, batch.count)
    key = f"{case.name}-{batch.seed}-{rng.randrange(10**9)}"
    given = [house.give(f"{case.directive} {batch.seed}/{n}", f"{key}-{n}"[-50:]) for n in range(batch.count)]
    case.play(house, rng, given)
    missions = _ended(house, given)
    unplayed = house.forget()
    house.wake()
    _quiet(house)
    calls = house.model.calls()
    verdicts = tuple(
        audit(open_books(house.url, mission), calls, house.shared, workers_died=case.workers_die)
        for mission in missions
    )
    if house.small_web:
        for verdict in verdicts:
            verdict.problems.extend(of_pages(house.url, house.small_web, verdict.mission, given_at))
    company = of_company(house.url) if all(verdict.completed for verdict in verdicts) else []
    return Outcome(batch, verdicts, unplayed, time.monotonic() - began, tuple(company))


def _play(house: House, batch: Batch) -> Outcome:
    """Play a batch; a company that never becomes well again, or is not there to be asked, is an outcome too."""
    began = time.monotonic()
    try:
        return play(house, batch)
    except (AssertionError, *TROUBLE) as error:
        problem = "".join(traceback.format_exception(error))
        return Outcome(batch, (), house.forget(), time.monotonic() - began, (problem,))


def _ended(house: House, given: Sequence[str]) -> list[str]:
    """The missions, when all have ended or it took too long; meanwhile notes are put down and sleepers are woken."""
    missions = [house.mission_of(directive, lambda: _mind(house)) for directive in given]
    until = time.monotonic() + END_SECONDS
    while not all(house.has_ended(mission) for mission in missions) and time.monotonic() < until:
        _mind(house)
        time.sleep(0.2)
    return missions


def _mind(house: House) -> None:
    house.look()
    house.wake(SLEEP_SECONDS)


def _quiet(house: House) -> None:
    """Wait until everybody is up and nothing of a crash is left to be mended by the daemon."""
    wait_for(house.is_whole, "everybody to be up again", 60)
    until = time.monotonic() + 15
    while of_company(house.url) and time.monotonic() < until:
        time.sleep(0.3)


def play_all(batches: Sequence[Batch]) -> Iterator[tuple[Outcome, House]]:
    """Play batches, those of one kind of company in one that is renewed now and then, and after every failure."""
    ordered = sorted(batches, key=lambda batch: batch.case.world)
    for world, group in groupby(ordered, key=lambda batch: batch.case.world):
        waiting = list(group)
        while waiting:
            with opened(**WORLDS[world]) as house:
                for _ in range(MAX_BATCHES):
                    if not waiting:
                        break
                    outcome = _play(house, waiting.pop(0))
                    yield outcome, house
                    if not outcome.good:
                        break


WORLDS: dict[str, dict[str, bool]] = {
    "sqlite": {},
    "second": {"second": True},
    "postgres": {"postgres": True},
    "postgres-second": {"postgres": True, "second": True},
    "small-disk": {"small_disk": True},
    "web": {"web": True},
}


def batches(runs: int, seed: int, name: str | None = None) -> list[Batch]:
    """`runs` runs over all cases by their shares (of 200), or all of one case; the seed of a batch makes it all."""
    cases = [BY_NAME[name]] if name else list(BY_NAME.values())
    made: list[Batch] = []
    left = runs
    while left > 0:
        for case in cases:
            for _ in range(1 if name else max(1, case.share // case.at_once)):
                count = min(case.at_once, left)
                if count > 0:
                    made.append(Batch(case, seed + len(made), count))
                    left -= count
    return made
