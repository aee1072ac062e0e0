"""`python -m damascus.workshop.server --socket FILE --workspaces DIR`: the workshop as a service of its own.

It needs no network, no ledger and no secret. A process that can open the socket may run commands, jailed as everywhere;
only processes of its own user can. When it is killed, every running command ends with it.
"""

import argparse
import asyncio
import fcntl
import os
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from damascus.core import log, settings
from damascus.core.clock import SystemClock
from damascus.core.errors import DamascusError, Misconfigured
from damascus.workshop.local import LocalWorkshop
from damascus.workshop.service import Service


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT.

    Returns the exit code: 2 for a wrong configuration, 1 if commands cannot be jailed here.
    """
    options = option_parser().parse_args(arguments)
    try:
        config = settings.load()
        log.configure_logging()
        private = (config.home, Path.cwd() / ".env", options.socket.parent)
        workshop = LocalWorkshop(config.workshop, SystemClock(), private=private, alone=options.alone)
        workshop.check()
        _check_roots(options.workspaces)
        with _listening(options.socket) as listener:
            _serve(_server(Service(workshop, options.workspaces)), listener)
    except DamascusError as error:
        log.write_error(f"workshop: {error}")
        return 2 if isinstance(error, Misconfigured) else 1
    return 0


def option_parser() -> argparse.ArgumentParser:
    """Return the parser of the server's options."""
    parser = argparse.ArgumentParser(prog="python -m damascus.workshop.server", description="Runs jailed commands.")
    parser.add_argument("--socket", type=Path, required=True, help="the Unix socket to listen at; no network is used")
    parser.add_argument(
        "--workspaces",
        type=Path,
        required=True,
        action="append",
        help="commands run below this folder only; repeatable",
    )
    parser.add_argument(
        "--alone",
        action="store_true",
        help="nobody else is in this network, as in a container without one: commands may share its 127.0.0.1",
    )
    return parser


def _check_roots(roots: Sequence[Path]) -> None:
    for root in roots:
        if not root.is_dir():
            raise Misconfigured(f"--workspaces {root} is not a directory; mount the workspaces' volume there")


@contextmanager
def _listening(path: Path) -> Iterator[socket.socket]:
    """Yield a listening socket for its owner only. One server at a time; the socket of a killed one is replaced."""
    listener = socket.socket(socket.AF_UNIX)
    try:
        lock = path.with_name(f"{path.name}.lock").open("w")
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink(missing_ok=True)
        _bind(listener, path)
    except BlockingIOError:
        raise Misconfigured(f"another workshop is already listening at {path}; choose another --socket") from None
    except OSError as error:
        raise Misconfigured(f"the workshop cannot listen at {path}: {error.strerror or error}") from error
    with lock, listener:
        yield listener
        path.unlink(missing_ok=True)


def _bind(listener: socket.socket, path: Path) -> None:
    """Create the socket's file with its mode: at no time can another user open it."""
    mask = os.umask(0o177)
    try:
        listener.bind(str(path))
    finally:
        os.umask(mask)


class _Server(uvicorn.Server):
    """Ends the commands before the connections, so that their callers hear why."""

    def __init__(self, config: uvicorn.Config, service: Service) -> None:
        super().__init__(config)
        self._service = service

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._service.stop()
        await super().shutdown(sockets)


def _server(service: Service) -> uvicorn.Server:
    config = uvicorn.Config(
        service.application(), loop="uvloop", lifespan="off", log_level="warning", access_log=False, log_config=None,
        timeout_graceful_shutdown=1,
    )  # fmt: skip
    server = _Server(config, service)

    def end(*_: object) -> None:
        # uvicorn raises the signal again after its clean end; it was asked to end, so that end is a success
        server.should_exit = True

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    return server


def _serve(server: uvicorn.Server, listener: socket.socket) -> None:
    with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
        runner.run(server.serve(sockets=[listener]))


if __name__ == "__main__":
    sys.exit(main())
