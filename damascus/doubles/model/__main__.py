"""Starts the rehearsal server: `python -m damascus.doubles.model --help`."""

import argparse
import asyncio
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from damascus.core.clock import SystemClock
from damascus.core.errors import Misconfigured
from damascus.core.files import write_whole
from damascus.doubles.model import NAME
from damascus.doubles.model.context_limit import WORDS, ContextLimit
from damascus.doubles.model.http_exchange import DROP_EXTENSION
from damascus.doubles.model.local_model import LocalModel
from damascus.doubles.model.quota import MINUTE_SECONDS, REFUSALS, Quota
from damascus.doubles.model.script import Script, load_steps
from damascus.doubles.model.server import RehearsalServer, application
from damascus.doubles.model.staff import SCENARIOS

PARENT_CHECK_SECONDS = 0.5


class DroppingProtocol(HttpToolsProtocol):
    """uvicorn's protocol, but a handler can drop the connection, which ASGI has no message for."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        extensions: dict[str, Any] = {DROP_EXTENSION: self.transport.abort}
        self.scope["extensions"] = extensions


def main(arguments: list[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT, or until the parent is gone. Returns the exit code."""
    options = option_parser().parse_args(arguments)
    try:
        script = Script(load_steps(options.script)) if options.script else Script()
        listener = _listen(options.host, options.port)
    except Misconfigured as error:
        sys.stderr.write(f"{error}\n")
        return 2
    quota = Quota(options.requests, options.span, options.names)
    local = LocalModel(
        options.loading,
        options.speed,
        options.thinking,
        options.window,
        options.while_loading == "refuse",
        options.reading,
        options.window_keeps == "half",
        options.one_at_a_time,
    )
    rehearsal = RehearsalServer(
        SystemClock(), options.latency, options.scenario, options.api_key, script, quota=quota, local=local,
        context=ContextLimit(options.context, options.context_words),
    )  # fmt: skip
    port = listener.getsockname()[1]
    server = _server(rehearsal)
    if options.port_file:
        write_whole(options.port_file, f"{port}\n")
    sys.stdout.write(f"{NAME} model on http://{options.host}:{port}/v1 (it plays a script; no real model is used)\n")
    sys.stdout.flush()
    _serve(server, rehearsal, listener, options.parent_pid)
    return 0


def option_parser() -> argparse.ArgumentParser:
    """Return the parser of the server's options."""
    parser = argparse.ArgumentParser(prog="python -m damascus.doubles.model", description="Plays a script.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    parser.add_argument("--port-file", type=Path, help="write the port here once it can be reached")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds from request to last byte")
    parser.add_argument("--scenario", choices=sorted(SCENARIOS), default="startup")
    parser.add_argument("--script", type=Path, help="YAML file with steps to play, or a folder of them")
    parser.add_argument("--requests", type=int, default=0, help="quota: so many of them per --span; 0: no limit")
    parser.add_argument("--span", type=float, default=MINUTE_SECONDS, help="seconds of the quota")
    parser.add_argument("--names", choices=sorted(REFUSALS), default="words", help="how a refusal says when to return")
    parser.add_argument("--loading", type=float, default=0.0, help="seconds that the first request has the model load")
    parser.add_argument("--while-loading", choices=("wait", "refuse"), default="wait", help="what requests do then")
    parser.add_argument("--speed", type=float, default=0.0, help="tokens a second; 0: as --latency says")
    parser.add_argument("--thinking", type=int, default=0, help="tokens of thinking before each answer")
    parser.add_argument("--window", type=int, default=0, help="tokens of a request that are read; the rest is dropped")
    parser.add_argument("--window-keeps", choices=("all", "half"), default="all", help="of it, where more was sent")
    parser.add_argument("--context", type=int, default=0, help="tokens of a request and its answer; more is refused")
    parser.add_argument("--context-words", choices=sorted(WORDS), default="openai", help="whose words refuse it")
    parser.add_argument("--reading", type=float, default=0.0, help="tokens of a request read in a second; 0: at once")
    parser.add_argument("--one-at-a-time", action="store_true", help="other requests wait until one is answered")
    parser.add_argument("--api-key", default="", help="refuse requests without this bearer token")
    parser.add_argument("--parent-pid", type=int, default=0, help="exit when this process is gone")
    return parser


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), backlog=2048)
    except (OSError, OverflowError) as error:
        raise Misconfigured(f"the rehearsal cannot listen on {host}:{port}: {error}; choose another --port") from None


def _server(rehearsal: RehearsalServer) -> uvicorn.Server:
    """Make the server. From here on, even before it serves, a signal ends it cleanly."""
    config = uvicorn.Config(
        application(rehearsal),
        http=DroppingProtocol,
        loop="uvloop",
        lifespan="off",
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)

    def end(*_: object) -> None:
        # uvicorn raises the signal again after its clean end; it was asked to end, so that end is a success
        server.should_exit = True

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    return server


def _serve(server: uvicorn.Server, rehearsal: RehearsalServer, listener: socket.socket, parent: int) -> None:
    async def run() -> None:
        watch = asyncio.create_task(_watch_parent(parent, server, rehearsal)) if parent else None
        await server.serve(sockets=[listener])
        if watch:
            watch.cancel()

    with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
        runner.run(run())


async def _watch_parent(parent: int, server: uvicorn.Server, rehearsal: RehearsalServer) -> None:
    own = os.getppid() == parent
    while _alive(parent) and (not own or os.getppid() == parent):
        await rehearsal.clock.sleep(PARENT_CHECK_SECONDS)
    server.should_exit = True


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


if __name__ == "__main__":
    sys.exit(main())
