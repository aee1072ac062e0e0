"""`python -m damascus.supervisor --personas FOLDER`: run the company in the current folder until SIGTERM or SIGINT."""

import argparse
import asyncio
import os
import signal
import sys
import tempfile
from pathlib import Path

from damascus.core import log, settings
from damascus.core.clock import SystemClock
from damascus.core.errors import DamascusError, Misconfigured
from damascus.core.files import keep_from_others
from damascus.core.settings import Settings
from damascus.supervisor.child import MAX_LOG_BYTES, bound_log
from damascus.supervisor.prerequisites import check_machine
from damascus.supervisor.processes import CompanyProcesses
from damascus.supervisor.state import hold_lock
from damascus.workshop.jail import leftovers


def main() -> int:
    """Return 0 if it was told to stop, 2 for a wrong configuration, 1 for another failure; the last line says which."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--personas", type=Path, required=True, help="folder of persona files: one agent per role")
    options = parser.parse_args()
    try:
        config = settings.load()
        keep_from_others()
        log.configure_logging()
        make_private(config.home)
        close_to_strangers(config.shared)
        check_machine(config)
        asyncio.run(_run(config, options.personas))
    except Misconfigured as error:
        log.write_error(str(error))
        return 2
    except DamascusError as error:
        log.write_error(str(error))
        return 1
    return 0


def make_private(home: Path) -> None:
    """Make the folder `home`, for its owner only. Raises Misconfigured if it cannot be made."""
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        home.chmod(0o700)
    except OSError as error:
        raise Misconfigured(
            f"the company's home {home} cannot be created: {error.strerror}; set DAMASCUS_HOME to another folder"
        ) from None


def close_to_strangers(shared: Path) -> None:
    """Make the folder `shared`, and take from users who neither own it nor are in its group what they may do there.

    Raises Misconfigured if it cannot be made.
    """
    try:
        shared.mkdir(mode=0o750, parents=True, exist_ok=True)
        if shared.stat().st_uid == os.getuid():
            shared.chmod(shared.stat().st_mode & 0o770)
    except OSError as error:
        raise Misconfigured(
            f"the folder {shared} cannot be created: {error.strerror}; set DAMASCUS_SHARED to another folder"
        ) from None


async def _run(config: Settings, personas: Path) -> None:
    clock = SystemClock()
    async with hold_lock(config.home, clock):
        await asyncio.to_thread(leftovers.end_all, tempfile.gettempdir())  # of a company that was killed
        running = asyncio.ensure_future(CompanyProcesses(config, Path.cwd(), personas, clock).run())
        for sign in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(sign, running.cancel)
        bounding = asyncio.create_task(bound_log(config.home / "logs" / "supervisor.log", MAX_LOG_BYTES))
        try:
            await running
        except asyncio.CancelledError:
            return
        finally:
            bounding.cancel()


if __name__ == "__main__":
    sys.exit(main())
