"""Some work must come to its end even when whoever waits for it is cancelled: what a command started has to be gone."""

import asyncio
from collections.abc import Coroutine


async def run_to_completion(work: Coroutine[None, None, None]) -> None:
    """Do `work` to its end though the caller is cancelled meanwhile, once or more; then be cancelled."""
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled:
        raise cancelled
    task.result()
