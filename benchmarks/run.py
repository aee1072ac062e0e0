"""`make bench`: the reference workflow through the whole company, beside the ideal.

Reference workflow: a plan call, three agents in parallel with three tool turns and a final call each, a synthesis: 14
calls, 6 of them in sequence, at 200 ms each. The ideal is what the model alone takes: 1.20 s.
"""

import sqlite3
import statistics
import subprocess
import sys
import time
from datetime import UTC, datetime

import httpx

from benchmarks.company import CEO, Company, environment, folder, running

LATENCY = 0.2
CALLS, IN_SEQUENCE = 14, 6
IDEAL = LATENCY * IN_SEQUENCE
SINGLE_RUNS = 9
AT_ONCE = 20


def submit(client: httpx.Client) -> str:
    answer = client.post("/api/directives", json={"text": "[reference] Measure", "budget_microusd": 50_000_000})
    answer.raise_for_status()
    return str(answer.json()["id"])


def wait_for(client: httpx.Client, directives: list[str]) -> list[float]:
    """Return the seconds from each directive to the end of its mission, by the ledger's own times."""
    seconds = []
    for id in directives:
        while True:
            given = client.get(f"/api/directives/{id}").json()
            mission = client.get(f"/api/missions/{given['mission_id']}").json() if given["mission_id"] else {}
            if mission.get("finished_at"):
                break
            time.sleep(0.5)
        if mission["status"] != "succeeded":
            raise SystemExit(f"a mission ended {mission['status']}: {mission['reason']}")
        seconds.append((when(mission["finished_at"]) - when(given["created_at"])).total_seconds())
    return seconds


def when(text: str) -> datetime:
    return datetime.fromisoformat(text)


def cpu(company: Company) -> float:
    return sum(sum(process.cpu_times()[:2]) for process in company.staff())


def workflow() -> list[tuple[str, float, float]]:
    with running(LATENCY) as company, company.client() as client:
        wait_for(client, [submit(client), submit(client)])  # warm
        single = [wait_for(client, [submit(client)])[0] for _ in range(SINGLE_RUNS)]
        before, calls = cpu(company), CALLS * AT_ONCE
        began = time.monotonic()
        last = max(wait_for(client, [submit(client) for _ in range(AT_ONCE)]))
        print(f"{AT_ONCE} at once: all done after {time.monotonic() - began:.2f} s by the wall clock")
        per_call = (cpu(company) - before) / calls * 1000
    print(f"one directive, {SINGLE_RUNS} runs: {min(single):.3f} to {max(single):.3f} s")
    return [
        ("one directive, times the ideal of 1.20 s", statistics.median(single) / IDEAL, 1.10),
        (f"{AT_ONCE} directives at once, slowest, times the ideal", last / IDEAL, 2.0),
        ("our own CPU per model call, ms", per_call, 15.0),
    ]


def first_call() -> float:
    """Return the seconds from `ceo run` with nothing running to the first answered model call."""
    with folder() as root:
        env = environment()
        began = datetime.now(UTC)
        try:
            subprocess.run(
                [*CEO, "run", "[reference] Go", "--json"], cwd=root, env=env, check=True, stdout=subprocess.DEVNULL
            )
        finally:
            subprocess.run([*CEO, "down"], cwd=root, env=env, check=True, stdout=subprocess.DEVNULL)
        with sqlite3.connect(root / ".damascus/ledger.sqlite3") as ledger:
            (first,) = ledger.execute("SELECT min(created_at) FROM usage").fetchone()
    return (when(first).replace(tzinfo=UTC) - began).total_seconds()


def main() -> int:
    """Print each figure beside its bound; return 1 if one does not hold."""
    figures = workflow()
    starts = [first_call() for _ in range(3)]
    print(f"`ceo run` from nothing, 3 runs: {min(starts):.2f} to {max(starts):.2f} s")
    figures.append(("`ceo run` from nothing to the first answered call, s", statistics.median(starts), 4.0))
    print(f"\n{'figure':58} {'measured':>9} {'bound':>7}")
    for name, value, bound in figures:
        print(f"{name:58} {value:9.2f} {bound:7.2f}  {'holds' if value <= bound else 'DOES NOT HOLD'}")
    return 0 if all(value <= bound for _, value, bound in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
