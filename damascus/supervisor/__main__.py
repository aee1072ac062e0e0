"""`python -m damascus.supervisor --personas FOLDER`: run the company in the current folder until SIGTERM or SIGINT."""

import argparse
import asyncio
import fcntl
import signal
import sys
from pathlib import Path

from damascus.core import log, settings
from damascus.core.clock import SystemClock
from damascus.core.errors import Conflict, DamascusError, Misconfigured
from damascus.core.settings import Settings
from damascus.supervisor.company import CompanyTree

LOCK_FILE = "supervisor.lock"


def main() -> int:
    """0 when it was told to stop, 2 for a wrong configuration, 1 for another failure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--personas", type=Path, required=True, help="folder of persona files: one agent per role")
    options = parser.parse_args()
    try:
        config = settings.load()
        log.set_up(secrets=config.secrets())
        asyncio.run(_run(config, options.personas))
    except Misconfigured as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 2
    except DamascusError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    return 0


async def _run(config: Settings, personas: Path) -> None:
    config.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    # the lock, not a process id in a file, says whether a company runs: it goes with the process
    with (config.home / LOCK_FILE).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(f"the company in {config.home} is running already") from None
        running = asyncio.ensure_future(CompanyTree(config, Path.cwd(), personas, SystemClock()).run())
        for sign in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(sign, running.cancel)
        try:
            await running
        except asyncio.CancelledError:
            return


if __name__ == "__main__":
    sys.exit(main())
