"""Keeps the task leased during its run, and stops the run when another worker has the task."""

import asyncio
import logging
from typing import Any

from agents.hooks.hook import Hook, Operation
from damascus.core.errors import LeaseLost, Unavailable
from damascus.work.task_lease import TaskLease

log = logging.getLogger(__name__)

LEASE_GRACE_SECONDS = 1.0


class KeepLease(Hook):
    """Renews the lease of a run three times in its length of `lease_seconds`."""

    def __init__(self, lease_seconds: float) -> None:
        self._pause = lease_seconds / 3

    async def around_run(self, lease: TaskLease, run: Operation[None]) -> None:
        """Carry out a run; stop it and raise LeaseLost if its task was taken over or cancelled."""
        running = asyncio.create_task(run())
        try:
            while not running.done():
                await asyncio.wait({running}, timeout=self._pause)
                if not running.done():
                    await _renew(lease, running)
            running.result()
        finally:
            if not running.done():
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)


async def _renew(lease: TaskLease, running: "asyncio.Task[Any]") -> None:
    try:
        async with lease.renewed():
            pass
    except Unavailable as error:  # the next write decides
        log.warning("task %s: its lease could not be renewed: %s", lease.task.id, error)
    except LeaseLost:
        # the run may have ended the task itself just now, and be about to say so
        if not (await asyncio.wait({running}, timeout=LEASE_GRACE_SECONDS))[0]:
            raise
