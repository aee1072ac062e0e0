"""Starts the stand-in for SearXNG: `python -m damascus.doubles.search --help`."""

import argparse
import signal
import socket
import sys

import uvicorn

from damascus.doubles.search import NOTICE
from damascus.doubles.search.server import application


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT. Returns the exit code: 2 if it cannot listen."""
    options = option_parser().parse_args(arguments)
    try:
        listener = socket.create_server((options.host, options.port), backlog=128)
    except OSError as error:
        sys.stderr.write(f"the stand-in for SearXNG cannot listen at {options.host}:{options.port}: {error.strerror}\n")
        return 2
    base = options.base or f"http://{options.host}:{listener.getsockname()[1]}"
    server = uvicorn.Server(
        uvicorn.Config(application(base), lifespan="off", log_level="warning", access_log=False, log_config=None)
    )

    def end(*_: object) -> None:
        server.should_exit = True

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    sys.stdout.write(f"{NOTICE} {base}\n")
    sys.stdout.flush()
    server.run(sockets=[listener])
    return 0


def option_parser() -> argparse.ArgumentParser:
    """Return the parser of the server's options."""
    parser = argparse.ArgumentParser(prog="python -m damascus.doubles.search", description=NOTICE)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    parser.add_argument("--base", default="", help="the address of its pages, as the reader of pages reaches them")
    return parser


if __name__ == "__main__":
    sys.exit(main())
