"""A folder with just the files of a commit, for what is run on it, and nothing that a working copy holds besides."""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from damascus.workshop import litter

ExportCommit = Callable[[Path], Awaitable[object]]


@asynccontextmanager
async def fresh_copy(checks: Path, export: ExportCommit, sha: str) -> AsyncIterator[Path]:
    """Yield a folder with exactly the files of a commit; it is removed afterwards.

    If this process is killed, a WorkspaceCollector removes it.
    """
    folder = checks / f"{sha[:12]}-{secrets.token_hex(4)}"
    lock = litter.make_locked(folder)
    try:
        await export(folder / "copy")
        yield folder / "copy"
    finally:
        os.close(lock)
        await asyncio.to_thread(litter.discard, folder)
