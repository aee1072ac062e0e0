"""`python -m tests.chaos --runs 200 --seed N [--case NAME]`: break the company, check the books, print the table.

Exits with 1 when any figure that must be 0 is not, or a mission did not succeed; each failure is printed with the
command that plays it again, and its logs are kept.
"""

import argparse
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from tests.chaos.cases import BY_NAME, CASES
from tests.chaos.chaos_company import House, keep
from tests.chaos.runner import Outcome, batches, play_all
from tests.fixtures.disk import can_mount
from tests.fixtures.postgres import find_programs


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=int(time.time()) % 1_000_000)
    parser.add_argument("--case", choices=sorted(BY_NAME))
    parser.add_argument("--list", action="store_true", help="say what each case does")
    options = parser.parse_args()
    if options.list:
        for case in CASES:
            print(f"{case.name:18} {case.sentence}")
        return 0
    print(f"seed {options.seed}")
    planned = batches(options.runs, options.seed, options.case)
    skipped = _impossible()
    for world, why in skipped.items():
        print(f"skipped: {', '.join(case.name for case in CASES if case.world == world)}: {why}")
    outcomes = []
    for outcome, house in play_all([batch for batch in planned if batch.case.world not in skipped]):
        outcomes.append(outcome)
        _say(outcome, house)
    return _table(outcomes)


def _impossible() -> dict[str, str]:
    """Kinds of company that cannot be had on this machine, and why."""
    no_postgres, no_mount = find_programs() is None, not can_mount()
    checks = {
        "small-disk": (no_mount, "only root can mount a small disk"),
        "postgres": (no_postgres, "there is no PostgreSQL here"),
        "postgres-second": (no_postgres, "there is no PostgreSQL here"),
    }
    return {world: why for world, (impossible, why) in checks.items() if impossible}


def _say(outcome: Outcome, house: House) -> None:
    mark = "ok" if outcome.good else "FAILED"
    note = f", {outcome.unplayed} faults were not reached" if outcome.unplayed else ""
    print(
        f"{outcome.batch.case.name:18} seed {outcome.batch.seed}: {mark} in {outcome.seconds:.1f} s{note}", flush=True
    )
    if outcome.good:
        return
    for verdict in outcome.verdicts:
        for problem in verdict.problems:
            print(f"    {verdict.mission}: {problem}")
    for problem in outcome.company:
        print(f"    {problem}")
    place = Path(tempfile.mkdtemp(prefix=f"chaos-{outcome.batch.case.name}-{outcome.batch.seed}-"))
    keep(house, place)
    print(f"    play it again: {outcome.batch.command}    its logs: {place}", flush=True)


def _table(outcomes: list[Outcome]) -> int:
    by_case: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        by_case[outcome.batch.case.name].append(outcome)
    head = ("runs", "completed", "repeated", "lost", "money", "other", "seconds")
    print("\n" + " ".join([f"{'case':18}", *(f"{word:>9}" for word in head)]))
    sums = [0.0] * len(head)
    for case in CASES:
        if case.name not in by_case:
            continue
        figures = _figures(by_case[case.name])
        sums = [total + figure for total, figure in zip(sums, figures, strict=True)]
        print(_line(case.name, figures))
    print(_line("all", sums))
    return 0 if outcomes and all(outcome.good for outcome in outcomes) else 1


def _figures(outcomes: list[Outcome]) -> list[float]:
    verdicts = [verdict for outcome in outcomes for verdict in outcome.verdicts]
    return [
        sum(outcome.batch.count for outcome in outcomes), sum(v.completed for v in verdicts),
        sum(v.repeated for v in verdicts), sum(v.lost for v in verdicts), sum(v.money > 0 for v in verdicts),
        sum(bool(v.problems) for v in verdicts) + sum(bool(outcome.company) for outcome in outcomes),
        sum(outcome.seconds for outcome in outcomes),
    ]  # fmt: skip


def _line(name: str, figures: list[float]) -> str:
    return " ".join([f"{name:18}", *(f"{figure:9.0f}" for figure in figures)])


if __name__ == "__main__":
    sys.exit(main())
