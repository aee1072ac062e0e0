"""Faults in how the answer travels: each function sends one in its own bad way."""

import http
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

from damascus.doubles.model.http_exchange import EVENTS, JSON, HttpExchange, send_json, whole_headers
from damascus.doubles.model.scripted_answer import FormattedAnswer

Sender = Callable[[HttpExchange, FormattedAnswer, Mapping[str, Any]], Awaitable[None]]

_TYPES = {400: "invalid_request_error", 401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}


def error_body(status: int, message: str, param: str | None = None, code: str | None = None) -> bytes:
    """An error as OpenAI spells it."""
    kind = _TYPES.get(status, "invalid_request_error" if status < 500 else "server_error")
    return json.dumps({"error": {"message": message, "type": kind, "param": param, "code": code}}).encode()


def status_fault(status: int) -> Sender:
    """A sender that answers with that HTTP status."""
    phrase = http.HTTPStatus(status).phrase

    async def send(line: HttpExchange, _reply: FormattedAnswer, options: Mapping[str, Any]) -> None:
        after = options.get("retry_after")
        message = str(options.get("message", f"{phrase} (the rehearsal plays a fault)"))
        body = error_body(status, message, options.get("param"), options.get("code"))
        await send_json(line, status, body, {} if after is None else {"retry-after": str(after)})

    send.__doc__ = (
        f"HTTP {status}, {phrase} (options `retry_after`: seconds or a date, `message`, `param`, `code`), at once."
    )
    return send


async def hang(line: HttpExchange, _reply: FormattedAnswer, options: Mapping[str, Any]) -> None:
    """No answer at all until the client gives up (option `seconds`: then the connection is dropped)."""
    seconds = options.get("seconds")
    await line.pause(None if seconds is None else float(seconds))
    await line.drop()


async def drop(line: HttpExchange, _reply: FormattedAnswer, _options: Mapping[str, Any]) -> None:
    """The connection is closed before the first byte of an answer."""
    await line.drop()


async def cut(line: HttpExchange, reply: FormattedAnswer, options: Mapping[str, Any]) -> None:
    """The connection is closed in the middle of the answer (option `after`: the share sent before, default 0.5)."""
    body = await _begin(line, reply)
    await line.write(body[: int(len(body) * float(options.get("after", 0.5)))])
    await line.pause(0.02)
    await line.drop()


async def drip(line: HttpExchange, reply: FormattedAnswer, options: Mapping[str, Any]) -> None:
    """The answer comes drop by drop (options `bytes` in a drop, default 16; `every` so many seconds, default 0.5)."""
    body = await _begin(line, reply)
    size, every = max(1, int(options.get("bytes", 16))), float(options.get("every", 0.5))
    for at in range(0, len(body), size):
        await line.pause(every)
        await line.write(body[at : at + size], last=at + size >= len(body))


async def wrong_content_type(line: HttpExchange, _reply: FormattedAnswer, _options: Mapping[str, Any]) -> None:
    """A proxy's HTML page instead of an answer, with status 200."""
    page = b"<!doctype html><html><body><h1>Welcome to the gateway</h1></body></html>"
    await line.head(200, {"content-type": "text/html; charset=utf-8", "content-length": str(len(page))})
    await line.write(page, last=True)


async def wrong_encoding(line: HttpExchange, reply: FormattedAnswer, options: Mapping[str, Any]) -> None:
    """The answer's characters are in another encoding than it says (option `encoding`, default latin-1)."""
    accented = replace(reply, answer=replace(reply.answer, text=f"Très bien. {reply.answer.text}"))
    body = b"".join(accented.chunks()) if reply.streamed else accented.whole()
    spoilt = body.decode().encode(str(options.get("encoding", "latin-1")), "replace")
    await line.head(200, {"content-type": EVENTS if reply.streamed else JSON})
    await line.write(spoilt, last=True)


async def garbage(line: HttpExchange, _reply: FormattedAnswer, options: Mapping[str, Any]) -> None:
    """Bytes that are no text at all, under the headers of a good answer (option `bytes`, default 65536)."""
    await line.head(200, {"content-type": EVENTS})
    await line.write(bytes(range(256)) * (int(options.get("bytes", 65536)) // 256), last=True)


async def keep_alive(line: HttpExchange, _reply: FormattedAnswer, options: Mapping[str, Any]) -> None:
    """Comments that keep the stream alive, and never an answer (option `every` so many seconds, default 0.1)."""
    await line.head(200, {"content-type": EVENTS})
    while True:
        await line.pause(float(options.get("every", 0.1)))
        await line.write(b": still thinking\n\n")


async def no_end(line: HttpExchange, reply: FormattedAnswer, _options: Mapping[str, Any]) -> None:
    """The stream ends cleanly in the middle: neither a finish_reason nor [DONE]."""
    await line.head(200, {"content-type": EVENTS})
    await line.write(reply.chunks()[0], last=True)


async def _begin(line: HttpExchange, reply: FormattedAnswer) -> bytes:
    """Send the headers of a good answer; returns its body, none of which is sent yet."""
    body = b"".join(reply.chunks()) if reply.streamed else reply.whole()
    headers = {"content-type": EVENTS} if reply.streamed else whole_headers(reply, len(body))
    await line.until(1)
    await line.head(200, headers)
    return body
