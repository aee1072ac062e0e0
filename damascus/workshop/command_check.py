"""Whether the workshop runs a command: the smallest there is, in a folder of its own beside the workspaces."""

import asyncio
import tempfile
from pathlib import Path

from damascus.core.errors import Unavailable
from damascus.core.room import cannot_write
from damascus.core.text import one_line
from damascus.workshop.port import Workshop

COMMAND_SECONDS = 20.0


async def check_command(workshop: Workshop, workspaces: Path) -> None:
    """Have the workshop run `true` in a folder beside the workspaces. Raises Unavailable if it does not."""
    try:
        await asyncio.to_thread(workspaces.mkdir, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="check-", dir=workspaces) as folder:
            result = await workshop.run("true", Path(folder), seconds=COMMAND_SECONDS)
    except OSError as error:
        raise Unavailable(cannot_write(workspaces, error)) from error
    if result.exit_code != 0:
        raise Unavailable(f"`true` ended with {result.exit_code} in the jail: {one_line(result.output) or 'no output'}")
