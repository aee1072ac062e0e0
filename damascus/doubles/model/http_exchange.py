"""One HTTP exchange: reading the request, keeping to the latency, sending an answer whole or in a stream.

Waiting ends as soon as the client leaves (`ClientGone`), so that an answer nobody received is never counted as given.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from starlette.types import Message, Receive, Scope, Send

from damascus.core.clock import Clock
from damascus.doubles.model.openai_format import FormattedAnswer

DROP_EXTENSION = "rehearsal.drop"
JSON_TYPE, EVENT_STREAM_TYPE = "application/json", "text/event-stream; charset=utf-8"


class ClientGone(Exception):
    """The client has closed the connection."""


class HttpExchange:
    """An exchange with one client; `latency` is in seconds, from the request to the last byte."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, clock: Clock, latency: float) -> None:
        self._receive, self._send, self._clock = receive, send, clock
        self._drop: Callable[[], None] = scope["extensions"][DROP_EXTENSION]
        self._started = clock.monotonic()
        self.path: str = scope["path"]
        self.latency = latency

    async def read_body(self) -> bytes:
        """Read the request's whole body."""
        parts: list[bytes] = []
        while True:
            message = await self._next()
            parts.append(message.get("body", b""))
            if not message.get("more_body"):
                return b"".join(parts)

    def begin(self) -> None:
        """Count the latency from now on."""
        self._started = self._clock.monotonic()

    async def wait_until(self, fraction: float) -> None:
        """Wait until `fraction` of the latency has passed since the request came."""
        left = self._started + self.latency * fraction - self._clock.monotonic()
        if left > 0:
            await self.wait(left)

    async def wait(self, seconds: float | None) -> None:
        """Wait so many seconds (None: for ever). Raises ClientGone as soon as the client leaves."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    await self._next()
        except TimeoutError:
            return

    async def send_head(self, status: int, headers: Mapping[str, str]) -> None:
        """Send the status line and the headers."""
        pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        await self._send({"type": "http.response.start", "status": status, "headers": pairs})

    async def send_body(self, data: bytes, last: bool = False) -> None:
        """Send a piece of the body."""
        await self._send({"type": "http.response.body", "body": data, "more_body": not last})

    async def drop(self) -> None:
        """Close the connection as a crashed server would. Always raises ClientGone."""
        self._drop()
        await self.wait(None)

    async def _next(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        return message


def whole_headers(answer: FormattedAnswer, length: int) -> dict[str, str]:
    """Return the headers of an answer that is not streamed, its cost among them."""
    headers = {"content-type": JSON_TYPE, "content-length": str(length)}
    if "cost" in answer.usage:
        headers["x-litellm-response-cost"] = f"{answer.usage['cost']:.9f}"
    return headers


async def send_json(exchange: HttpExchange, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
    """Send a short JSON body without waiting for the latency."""
    await exchange.send_head(status, {"content-type": JSON_TYPE, "content-length": str(len(body)), **(headers or {})})
    await exchange.send_body(body, last=True)


async def send_whole(exchange: HttpExchange, answer: FormattedAnswer, _options: Mapping[str, Any]) -> None:
    """Send the answer in one piece, when the latency has passed."""
    body = answer.whole()
    await exchange.wait_until(1)
    await exchange.send_head(200, whole_headers(answer, len(body)))
    await exchange.send_body(body, last=True)


async def send_stream(exchange: HttpExchange, answer: FormattedAnswer, _options: Mapping[str, Any]) -> None:
    """Send the answer as server-sent events, spread over the latency (together if there is none)."""
    chunks = answer.chunks() if exchange.latency else [b"".join(answer.chunks())]
    await exchange.send_head(200, {"content-type": EVENT_STREAM_TYPE, "cache-control": "no-cache"})
    for at, chunk in enumerate(chunks, start=1):
        await exchange.wait_until(at / len(chunks))
        await exchange.send_body(chunk, last=at == len(chunks))
