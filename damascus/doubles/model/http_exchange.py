"""One HTTP exchange: reading the request, keeping to the latency, sending an answer whole or in a stream.

Waiting ends at once when the client has gone (`Gone`), so that an answer nobody received is never counted as given.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from starlette.types import Message, Receive, Scope, Send

from damascus.core.clock import Clock
from damascus.doubles.model.scripted_answer import FormattedAnswer

DROP = "rehearsal.drop"
JSON, EVENTS = "application/json", "text/event-stream; charset=utf-8"


class Gone(Exception):
    """The client has closed the connection."""


class HttpExchange:
    """An exchange with one client; `latency` is in seconds, from the request to the last byte."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, clock: Clock, latency: float) -> None:
        self._receive, self._send, self._clock = receive, send, clock
        self._drop: Callable[[], None] = scope["extensions"][DROP]
        self._started = clock.monotonic()
        self.latency = latency

    async def body(self) -> bytes:
        """The request's body, whole."""
        parts: list[bytes] = []
        while True:
            message = await self._next()
            parts.append(message.get("body", b""))
            if not message.get("more_body"):
                return b"".join(parts)

    async def until(self, fraction: float) -> None:
        """Wait until that fraction of the latency has passed since the request came."""
        left = self._started + self.latency * fraction - self._clock.monotonic()
        if left > 0:
            await self.pause(left)

    async def pause(self, seconds: float | None) -> None:
        """Wait so many seconds (None: for ever); raises Gone as soon as the client leaves."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    await self._next()
        except TimeoutError:
            return

    async def head(self, status: int, headers: Mapping[str, str]) -> None:
        """Send the status line and the headers."""
        pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        await self._send({"type": "http.response.start", "status": status, "headers": pairs})

    async def write(self, data: bytes, last: bool = False) -> None:
        """Send a piece of the body."""
        await self._send({"type": "http.response.body", "body": data, "more_body": not last})

    async def drop(self) -> None:
        """Close the connection as a crashed server would; always raises Gone."""
        self._drop()
        await self.pause(None)

    async def _next(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise Gone
        return message


def whole_headers(reply: FormattedAnswer, length: int) -> dict[str, str]:
    """The headers of an answer that is not streamed, its cost among them."""
    headers = {"content-type": JSON, "content-length": str(length)}
    if "cost" in reply.usage:
        headers["x-litellm-response-cost"] = f"{reply.usage['cost']:.9f}"
    return headers


async def send_json(line: HttpExchange, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
    """A short JSON answer, at once."""
    await line.head(status, {"content-type": JSON, "content-length": str(len(body)), **(headers or {})})
    await line.write(body, last=True)


async def send_whole(line: HttpExchange, reply: FormattedAnswer, _options: Mapping[str, Any]) -> None:
    """The answer in one piece, when the latency has passed."""
    body = reply.whole()
    await line.until(1)
    await line.head(200, whole_headers(reply, len(body)))
    await line.write(body, last=True)


async def send_stream(line: HttpExchange, reply: FormattedAnswer, _options: Mapping[str, Any]) -> None:
    """The answer as server-sent events, spread over the latency (together, where there is none)."""
    chunks = reply.chunks() if line.latency else [b"".join(reply.chunks())]
    await line.head(200, {"content-type": EVENTS, "cache-control": "no-cache"})
    for at, chunk in enumerate(chunks, start=1):
        await line.until(at / len(chunks))
        await line.write(chunk, last=at == len(chunks))
