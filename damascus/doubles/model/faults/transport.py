"""Faults in how the answer travels: each function sends one in its own bad way."""

import http
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

from damascus.doubles.model.http_exchange import EVENT_STREAM_TYPE, JSON_TYPE, HttpExchange, send_json, whole_headers
from damascus.doubles.model.openai_format import FormattedAnswer

Sender = Callable[[HttpExchange, FormattedAnswer, Mapping[str, Any]], Awaitable[None]]

_ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    429: "rate_limit_error",
}


def error_body(status: int, message: str, param: str | None = None, code: str | None = None) -> bytes:
    """Return an error as OpenAI spells it."""
    kind = _ERROR_TYPES.get(status, "invalid_request_error" if status < 500 else "server_error")
    return json.dumps({"error": {"message": message, "type": kind, "param": param, "code": code}}).encode()


def status_fault(status: int) -> Sender:
    """Return a sender that responds with that HTTP status."""
    phrase = http.HTTPStatus(status).phrase

    async def send(exchange: HttpExchange, _answer: FormattedAnswer, options: Mapping[str, Any]) -> None:
        after = options.get("retry_after")
        message = str(options.get("message", f"{phrase} (the rehearsal plays a fault)"))
        body = error_body(status, message, options.get("param"), options.get("code"))
        await send_json(exchange, status, body, {} if after is None else {"retry-after": str(after)})

    send.__doc__ = (
        f"HTTP {status}, {phrase} (options `retry_after`: seconds or a date, `message`, `param`, `code`), at once."
    )
    return send


async def hang(exchange: HttpExchange, _answer: FormattedAnswer, options: Mapping[str, Any]) -> None:
    """No answer at all until the client gives up (option `seconds`: then the connection is dropped)."""
    seconds = options.get("seconds")
    await exchange.wait(None if seconds is None else float(seconds))
    await exchange.drop()


async def drop(exchange: HttpExchange, _answer: FormattedAnswer, _options: Mapping[str, Any]) -> None:
    """The connection is closed before the first byte of an answer."""
    await exchange.drop()


async def cut(exchange: HttpExchange, answer: FormattedAnswer, options: Mapping[str, Any]) -> None:
    """The connection is closed in the middle of the answer (option `after`: the share sent before, default 0.5)."""
    body = await _begin(exchange, answer)
    await exchange.send_body(body[: int(len(body) * float(options.get("after", 0.5)))])
    await exchange.wait(0.02)
    await exchange.drop()


async def drip(exchange: HttpExchange, answer: FormattedAnswer, options: Mapping[str, Any]) -> None:
    """The answer comes drop by drop (options `bytes` in a drop, default 16; `every` so many seconds, default 0.5)."""
    body = await _begin(exchange, answer)
    size, every = max(1, int(options.get("bytes", 16))), float(options.get("every", 0.5))
    for at in range(0, len(body), size):
        await exchange.wait(every)
        await exchange.send_body(body[at : at + size], last=at + size >= len(body))


async def wrong_content_type(exchange: HttpExchange, _answer: FormattedAnswer, _options: Mapping[str, Any]) -> None:
    """A proxy's HTML page instead of an answer, with status 200."""
    page = b"<!doctype html><html><body><h1>Welcome to the gateway</h1></body></html>"
    await exchange.send_head(200, {"content-type": "text/html; charset=utf-8", "content-length": str(len(page))})
    await exchange.send_body(page, last=True)


async def wrong_encoding(exchange: HttpExchange, answer: FormattedAnswer, options: Mapping[str, Any]) -> None:
    """The answer's characters are in another encoding than it says (option `encoding`, default latin-1)."""
    accented = replace(answer, answer=replace(answer.answer, text=f"Très bien. {answer.answer.text}"))
    body = b"".join(accented.chunks()) if answer.streamed else accented.whole()
    miscoded = body.decode().encode(str(options.get("encoding", "latin-1")), "replace")
    await exchange.send_head(200, {"content-type": EVENT_STREAM_TYPE if answer.streamed else JSON_TYPE})
    await exchange.send_body(miscoded, last=True)


async def garbage(exchange: HttpExchange, _answer: FormattedAnswer, options: Mapping[str, Any]) -> None:
    """Bytes that are not text, under the headers of a good answer (option `bytes`, default 65536)."""
    await exchange.send_head(200, {"content-type": EVENT_STREAM_TYPE})
    await exchange.send_body(bytes(range(256)) * (int(options.get("bytes", 65536)) // 256), last=True)


async def keep_alive(exchange: HttpExchange, _answer: FormattedAnswer, options: Mapping[str, Any]) -> None:
    """Comments that keep the stream alive, and never an answer (option `every` so many seconds, default 0.1)."""
    await exchange.send_head(200, {"content-type": EVENT_STREAM_TYPE})
    while True:
        await exchange.wait(float(options.get("every", 0.1)))
        await exchange.send_body(b": still thinking\n\n")


async def no_end(exchange: HttpExchange, answer: FormattedAnswer, _options: Mapping[str, Any]) -> None:
    """The stream ends cleanly in the middle: neither a finish_reason nor [DONE]."""
    await exchange.send_head(200, {"content-type": EVENT_STREAM_TYPE})
    await exchange.send_body(answer.chunks()[0], last=True)


async def _begin(exchange: HttpExchange, answer: FormattedAnswer) -> bytes:
    """Send the headers of a good answer. Returns its body, none of which is sent yet."""
    body = b"".join(answer.chunks()) if answer.streamed else answer.whole()
    headers = {"content-type": EVENT_STREAM_TYPE} if answer.streamed else whole_headers(answer, len(body))
    await exchange.wait_until(1)
    await exchange.send_head(200, headers)
    return body
