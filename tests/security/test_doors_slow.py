"""Slow clients of the office's server, with its bounds made small: a real server on a real port, and no company."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from damascus.office.http_protocol import BoundedHttpProtocol
from damascus.office.request_guard import RequestGuard
from tests.fixtures.raw_http import answer, ask, connected, head, status

TOKEN = "the-token"
KNOWN = f"Authorization: Bearer {TOKEN}"
SLOW = "a slow client holds nothing for long"


class Impatient(BoundedHttpProtocol):
    """As in the office, but sooner."""

    head_seconds = 0.3
    stalled_seconds = 0.3
    max_connections = 4


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Says how long the body was; at /flood writes for ever."""
    body = await receive()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    while scope["path"] == "/flood":
        await send({"type": "http.response.body", "body": b"x" * 65536, "more_body": True})
        await asyncio.sleep(0)  # who has gone is sent to without waiting
        if scope["state"]["ended"].is_set():
            return
    await send({"type": "http.response.body", "body": str(len(body["body"])).encode()})


@asynccontextmanager
async def serving(served: ASGIApp) -> AsyncIterator[tuple[str, uvicorn.Server]]:
    ended = asyncio.Event()

    async def with_state(scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"] = {"ended": ended}
        await served(scope, receive, send)

    options: dict[str, Any] = {"http": Impatient, "ws": "none", "lifespan": "off", "log_level": "error"}
    server = uvicorn.Server(uvicorn.Config(with_state, timeout_graceful_shutdown=1, **options))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        running = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}", server
        finally:
            ended.set()
            server.should_exit = True
            await running


def guarded(body_seconds: float = 10) -> RequestGuard:
    return RequestGuard(app, TOKEN, body_seconds=body_seconds)


@pytest.mark.attack("a head that comes byte by byte", SLOW)
@pytest.mark.parametrize("before", [b"", b"the first answer"])
async def test_a_slow_head_is_cut_off_also_on_a_connection_that_was_used_before(before: bytes) -> None:
    """Class: a slow client holds nothing for long. Slowloris, from the start and behind an honest first request."""
    async with serving(guarded()) as (url, _):

        def drip() -> bytes:
            with connected(url) as line:
                if before:
                    line.sendall(head(url, "GET /api/health"))
                    said = b""
                    while not said.endswith(b"0\r\n\r\n"):
                        said += line.recv(65536)
                line.sendall(b"GET /api/hea")
                return answer(line)  # ends when the office has had enough

        assert await asyncio.to_thread(drip) == b""


@pytest.mark.attack("a body that comes byte by byte", SLOW)
async def test_a_slow_body_is_cut_off() -> None:
    """Class: a slow client holds nothing for long. Even with the token, and with a length that is small."""
    async with serving(guarded(body_seconds=0.3)) as (url, _):

        def drip() -> bytes:
            with connected(url) as line:
                line.sendall(head(url, "POST /api/directives", KNOWN, "Content-Length: 5") + b"12")
                return answer(line)

        said = await asyncio.to_thread(drip)
        assert status(said) == 408
        code, said = await asyncio.to_thread(
            ask, url, "POST /api/directives", KNOWN, "Content-Length: 5", body=b"12345"
        )
        assert code == 200
        assert said.endswith(b"5\r\n0\r\n\r\n")


@pytest.mark.attack("a reader that stops reading", SLOW)
async def test_a_reader_that_stands_still_is_cut_off() -> None:
    """Class: a slow client holds nothing for long. What it does not read is not kept for it without end."""
    async with serving(guarded()) as (url, server):

        async def connections(count: int) -> None:
            async with asyncio.timeout(60):
                while len(server.server_state.connections) != count:
                    await asyncio.sleep(0.01)

        with connected(url) as line:
            line.sendall(head(url, "GET /flood", KNOWN))
            await connections(1)
            await connections(0)


@pytest.mark.attack("more connections than there is room for", SLOW)
async def test_the_longest_silent_connection_makes_room_and_one_at_work_never_does() -> None:
    """Class: a slow client holds nothing for long. A reader of a stream keeps its place among silent strangers."""
    async with serving(guarded()) as (url, _):

        def play() -> None:
            with connected(url) as reader:
                reader.sendall(head(url, "GET /flood", KNOWN))
                assert reader.recv(1000)
                for _ in range(20):
                    with connected(url) as silent:
                        silent.sendall(b"G")
                assert ask(url, "GET /api/health")[0] == 200
                for _ in range(200):
                    assert reader.recv(65536)

        await asyncio.to_thread(play)
