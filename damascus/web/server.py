"""`python -m damascus.web.server`: the company's way out, as a process of its own.

As processes it listens at a socket in the company's home, which its owner only can open; in containers at a port of a
network that leads nowhere else. When it is killed, the children that parse pages end with their input.
"""

import argparse
import asyncio
import os
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

import uvicorn

from damascus.core import failpoints, log, settings
from damascus.core.clock import SystemClock
from damascus.core.errors import DamascusError, Misconfigured
from damascus.web.fetcher import PageFetcher
from damascus.web.remote import SOCKET_NAME, short_path
from damascus.web.search.searcher import Searcher
from damascus.web.service import WebService


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT. Returns the exit code: 2 for a wrong configuration."""
    options = option_parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # who is asked to end before it serves has ended well
    try:
        config = settings.load()
        log.configure_logging()
        failpoints.arm_failpoints(config.company.faults, "web")
        service = WebService(PageFetcher(config.web, SystemClock()), Searcher(config.web.search))
        listener = _at_port(options.host, options.port) if options.port else _at_socket(config.home / SOCKET_NAME)
    except DamascusError as error:
        log.write_error(f"web: {error}")
        return 2 if isinstance(error, Misconfigured) else 1
    with listener:
        _serve(service, listener)
    return 0


def _serve(service: WebService, listener: socket.socket) -> None:
    config = uvicorn.Config(
        service.application(), loop="uvloop", log_level="warning", access_log=False, log_config=None,
        timeout_graceful_shutdown=1,
    )  # fmt: skip
    server = uvicorn.Server(config)

    def end(*_: object) -> None:
        # uvicorn raises the signal again after its clean end; it was asked to end, so that end is a success
        server.should_exit = True

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(server.serve(sockets=[listener]))


def option_parser() -> argparse.ArgumentParser:
    """Return the parser of the server's options."""
    parser = argparse.ArgumentParser(prog="python -m damascus.web.server", description="Reads pages for agents.")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen at, with --port")
    parser.add_argument("--port", type=int, default=0, help="a port to listen at; without it, a socket in the home")
    return parser


def _at_port(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port))
    except OSError as error:
        raise Misconfigured(f"the web service cannot listen at {host}:{port}: {error.strerror or error}") from error


def _at_socket(path: Path) -> socket.socket:
    """Return a listening socket that its owner only can open; that of a killed server is replaced."""
    path.parent.mkdir(parents=True, exist_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    mask = os.umask(0o177)
    try:
        path.unlink(missing_ok=True)
        with short_path(path) as short:
            listener.bind(short)
    except OSError as error:
        raise Misconfigured(f"the web service cannot listen at {path}: {error.strerror or error}") from error
    finally:
        os.umask(mask)
    return listener


if __name__ == "__main__":
    sys.exit(main())
