"""Starts the stand-in for Gitea: `python -m damascus.doubles.gitea --help`."""

import argparse
import asyncio
import signal
import socket
import sys
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from damascus.core.clock import SystemClock
from damascus.core.errors import Misconfigured
from damascus.core.files import write_whole
from damascus.doubles.gitea import NOTICE, git_http, rest, rest_board
from damascus.doubles.gitea.faults import Faulty
from damascus.doubles.gitea.pages import Pages
from damascus.doubles.gitea.products import PRODUCTS
from damascus.doubles.gitea.store import ALL, Store


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT. Returns the exit code: 2 if it cannot listen or write."""
    options = option_parser().parse_args(arguments)
    clock = SystemClock()
    try:
        store = Store(options.root, clock, [options.user], options.org, PRODUCTS[options.product])
        store.wants_second_factor = options.second_factor
        store.seems_empty_seconds = options.seems_empty
        _keep_token(store, options)
        listener = socket.create_server((options.host, options.port), backlog=128)
    except OSError as error:
        where = error.filename or f"{options.host}:{options.port}"
        sys.stderr.write(f"the stand-in for Gitea cannot use {where}: {error.strerror}\n")
        return 2
    except Misconfigured as error:
        sys.stderr.write(f"{error}\n")
        return 2
    port = listener.getsockname()[1]
    app = behind_prefix(Faulty(application(store), clock, options.faults, []), options.prefix)
    server = _server(app, options)
    if options.port_file:
        write_whole(options.port_file, f"{port}\n")
    sys.stdout.write(f"{NOTICE} http://{options.host}:{port}\n")
    sys.stdout.flush()
    asyncio.run(server.serve(sockets=[listener]))
    return 0


def application(store: Store) -> Starlette:
    """Return API, git and pages as one ASGI application."""

    async def health(_: Request) -> JSONResponse:
        return JSONResponse({"status": "pass", "description": NOTICE, "checks": {}})

    calls = [*rest.routes(store), *rest_board.routes(store)]
    return Starlette(routes=[Route("/api/healthz", health), *calls, *git_http.routes(store), *Pages(store).routes()])


def behind_prefix(app: ASGIApp, prefix: str) -> ASGIApp:
    """Return the application as a proxy shows it that has put it under a path of its own."""

    async def proxy(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if path.startswith(f"{prefix}/"):
            scope = {**scope, "path": path.removeprefix(prefix), "raw_path": path.removeprefix(prefix).encode()}
            await app(scope, receive, send)
        else:
            await PlainTextResponse("404 page not found", 404)(scope, receive, send)

    return proxy if prefix else app


def option_parser() -> argparse.ArgumentParser:
    """Return the parser of the server's options."""
    parser = argparse.ArgumentParser(prog="python -m damascus.doubles.gitea", description=NOTICE)
    parser.add_argument("--root", type=Path, required=True, help="folder for its state and repositories")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    parser.add_argument("--port-file", type=Path, help="write the port here once it can be reached")
    parser.add_argument("--user", default="founder", help="the one user, who is also the admin")
    parser.add_argument("--org", action="append", default=[], help="an organisation that there is")
    parser.add_argument("--token-file", type=Path, help="keep a token of that user's here; made if it is not good")
    parser.add_argument("--token-mode", default="600", help="that file's mode, in octal")
    parser.add_argument("--scopes", default=ALL, help="what a token made here may, by commas: write:repository,...")
    parser.add_argument("--repository", action="append", default=[], help="the token is for this one, or these, only")
    parser.add_argument("--product", choices=PRODUCTS, default="gitea", help="whose words it answers with")
    parser.add_argument("--second-factor", action="store_true", help="it wants a second factor, which the user lacks")
    parser.add_argument(
        "--seems-empty", type=float, default=1.0, metavar="SECONDS", help="how late it notices a first push (1)"
    )
    parser.add_argument("--prefix", default="", help="a path that it is under, as by a proxy: it does not know of it")
    parser.add_argument("--faults", action="store_true", help="play faults on demand (for tests)")
    parser.add_argument("--certificate", type=Path, help="PEM file with key and certificate: serve HTTPS")
    return parser


def _keep_token(store: Store, options: argparse.Namespace) -> None:
    path: Path | None = options.token_file
    if path is None:
        return
    known = path.read_text(encoding="utf-8").strip() if path.exists() else ""
    if not known or store.token(known) is None:
        token = store.new_token(options.user, options.scopes.split(","), options.repository)
        write_whole(path, f"{token}\n", int(options.token_mode, 8))


def _server(app: ASGIApp, options: argparse.Namespace) -> uvicorn.Server:
    config = uvicorn.Config(
        app, lifespan="off", log_level="warning", access_log=False, timeout_graceful_shutdown=1,
        ssl_certfile=options.certificate, ssl_keyfile=options.certificate,
    )  # fmt: skip
    server = uvicorn.Server(config)

    def end(*_: object) -> None:
        server.should_exit = True

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    return server


if __name__ == "__main__":
    sys.exit(main())
