"""What Prometheus reads: how the office answers, and what the ledger says of work, money and the desk now."""

import time
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from damascus.core.records.missions import MissionStatus
from damascus.core.records.tasks import TaskStatus
from damascus.ledger.transaction import ReadTransaction
from damascus.work.budget.limits import COMPANY

BUCKETS_SECONDS = (0.005, 0.02, 0.1, 0.5, 2.0, 10.0)
CONTENT_TYPE = CONTENT_TYPE_LATEST


class Metrics:
    """The measures of one office, in a registry of its own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        of: Any = {"registry": self._registry, "namespace": "damascus"}
        self._requests = Counter("requests", "Requests by method and status.", ["method", "status"], **of)
        self._seconds = Histogram(
            "request_seconds", "Until an answer begins.", ["method"], buckets=BUCKETS_SECONDS, **of
        )
        self.readers = Gauge("stream_readers", "Open streams of the event log.", **of)
        self._missions = Gauge("missions", "Missions by status.", ["status"], **of)
        self._tasks = Gauge("tasks", "Tasks by status.", ["status"], **of)
        self._desk = Gauge("desk_open", "Requests that wait for the CEO.", **of)
        self._seq = Gauge("events", "Number of the newest event.", **of)
        self._spent = Gauge("spent_microusd", "Spent by the company.", **of)
        self._reserved = Gauge("reserved_microusd", "Reserved for calls in flight.", **of)

    def note(self, method: str, status: int, seconds: float) -> None:
        """Count an answer."""
        self._requests.labels(method, str(status)).inc()
        self._seconds.labels(method).observe(seconds)

    async def text(self, tx: ReadTransaction) -> bytes:
        """Return all measures in the format of Prometheus, the ledger's as of this transaction."""
        missions, tasks = await tx.missions.count_by_status(), await tx.tasks.count_by_status()
        for status in MissionStatus:
            self._missions.labels(status).set(missions.get(status, 0))
        for task_status in TaskStatus:
            self._tasks.labels(task_status).set(tasks.get(task_status, 0))
        self._desk.set(await tx.desk_items.count_open())
        self._seq.set(await tx.events.last())
        company = await tx.budgets.find(COMPANY)
        self._spent.set(company.spent if company else 0)
        self._reserved.set(company.reserved if company else 0)
        return generate_latest(self._registry)


KNOWN_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})


class Measured:
    """Wraps the app and counts its answers, refusals included."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        # a stranger may send any word as a method: each would be a series of its own
        method = scope["method"] if scope["method"] in KNOWN_METHODS else "other"

        async def counting(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._metrics.note(method, message["status"], time.perf_counter() - began)
            await send(message)

        await self._app(scope, receive, counting)
