"""`python -m benchmarks.jail`: the time of a jailed command over a bare exec of the same, median and 95th percentile.

Both run through asyncio in turns, so that a noisy host hits both; the first few of each are not counted.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from damascus.core.clock import SystemClock
from damascus.core.settings import WorkshopSettings
from damascus.workshop.local import LocalWorkshop

RUNS, WARM = 200, 5
COMMANDS = {"nothing": "true", "30 processes": "for i in $(seq 30); do /bin/true; done"}


async def bare(command: str, folder: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        "/bin/bash", "-c", command, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    await process.communicate()


async def timed(run: Callable[[], Awaitable[object]]) -> float:
    began = time.perf_counter()
    await run()
    return (time.perf_counter() - began) * 1000


async def measure(command: str, folder: Path) -> tuple[list[float], list[float]]:
    workshop = LocalWorkshop(WorkshopSettings(), SystemClock())
    jailed, plain = list[float](), list[float]()
    for _ in range(WARM + RUNS):
        jailed.append(await timed(lambda: workshop.run(command, folder)))
        plain.append(await timed(lambda: bare(command, folder)))
    return jailed[WARM:], plain[WARM:]


def figures(times: list[float]) -> tuple[float, float]:
    return statistics.median(times), statistics.quantiles(times, n=20)[-1]


async def main() -> int:
    """Print the median and the 95th percentile of both, and of what the jail adds, in milliseconds."""
    print(f"{'command':14} {'bare':>15} {'jailed':>15} {'the jail adds':>15}   (median, p95; ms; {RUNS} runs)")
    for name, command in COMMANDS.items():
        with tempfile.TemporaryDirectory() as folder:
            jailed, plain = await measure(command, Path(folder))
        added = [a - b for a, b in zip(jailed, plain, strict=True)]
        print(f"{name:14}", *(f"{m:8.1f} {p:6.1f}" for m, p in map(figures, (plain, jailed, added))))
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
