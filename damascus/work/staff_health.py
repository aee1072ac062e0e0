"""What the staff's heartbeats tell of its health; the office shows it, and so does `ceo doctor`."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from damascus.core.records.agents import Agent
from damascus.core.records.workers import WorkerRow

ONLINE_SECONDS = 30


def is_online(row: Agent | WorkerRow, now: datetime) -> bool:
    """Return True if its last heartbeat is younger than ONLINE_SECONDS."""
    return row.seen_at is not None and now - row.seen_at < timedelta(seconds=ONLINE_SECONDS)


def problems_of_workers(rows: Sequence[Agent], now: datetime) -> tuple[list[str], list[str]]:
    """Return the names of the workers that are online, and a line for each problem that keeps some from their work."""
    online = [row for row in rows if is_online(row, now)]
    names = list(dict.fromkeys(row.worker or row.id for row in online))
    having: dict[str, list[str]] = {}
    for row in online:
        if row.problem:
            having.setdefault(row.problem, []).append(row.worker or row.id)
    return names, [f"{', '.join(dict.fromkeys(workers))}: {problem}" for problem, workers in having.items()]
