"""The tasks that a worker carries concurrently."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from agents.hooks.isolation import Isolation
from damascus.core.records.tasks import Task


class RunningTasks:
    """Runs at most `limit` tasks at a time, as long as its callers wait for `room`.

    There is no room while `isolation` is needed.
    """

    def __init__(
        self, limit: int, run: Callable[[Task], Coroutine[Any, Any, None]], isolation: Isolation | None = None
    ) -> None:
        self._isolation = isolation or Isolation()
        self._isolation.on_change = self._update_capacity
        self.room = asyncio.Event()
        self._limit = limit
        self._run = run
        self._running: set[asyncio.Task[None]] = set()
        self._update_capacity()

    def start(self, task: Task) -> None:
        """Begin a task; beyond the limit, too, since it is claimed already."""
        running = asyncio.create_task(self._run(task), name=task.id)
        self._running.add(running)
        running.add_done_callback(self._end)
        self._update_capacity()

    async def cancel(self) -> None:
        """Stop all of them, and return when they have stopped."""
        for running in self._running:
            running.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    def _end(self, running: asyncio.Task[None]) -> None:
        self._running.discard(running)
        self._update_capacity()

    def _update_capacity(self) -> None:
        if len(self._running) < self._limit and not self._isolation.is_needed:
            self.room.set()
        else:
            self.room.clear()
