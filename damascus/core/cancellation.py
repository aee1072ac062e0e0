"""Some work must come to its end even if its caller is cancelled: what a command started has to be gone."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

ResultT = TypeVar("ResultT")


async def run_to_completion(work: Awaitable[ResultT]) -> ResultT:
    """Run `work` to completion even if the caller is cancelled meanwhile; returns its result.

    Unlike `asyncio.shield`, this waits for the work. Raises CancelledError afterwards if the caller was cancelled,
    otherwise whatever `work` raised.
    """
    job = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not job.done():
        try:
            await asyncio.wait([job])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        if not job.cancelled():
            job.exception()  # seen: the caller is gone
        raise cancelled
    return job.result()
