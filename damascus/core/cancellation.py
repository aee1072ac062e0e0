"""Work that must be completed even if its caller is cancelled: what a command started has to be gone."""

import asyncio
from collections.abc import Coroutine


async def run_to_completion(work: Coroutine[None, None, None]) -> None:
    """Run `work` to completion even if the caller is cancelled meanwhile, once or more.

    Unlike `asyncio.shield`, this waits for the work. Raises CancelledError afterwards if the caller was cancelled,
    otherwise what `work` raised.
    """
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
