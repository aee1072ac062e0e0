"""The one place that speaks to the server: sends a body, gathers the answer, turns every mishap into a Failure.

It uses `openai`'s client for its connections, headers and errors, and reads the stream itself: the client's typed
chunks cost 20 ms of CPU per answer, this costs 4 (docs/decisions/0005-model-client.md).
"""

import asyncio
import contextlib
import ipaddress
import json
import logging
from collections.abc import AsyncIterator, Callable
from urllib.parse import urlsplit

import anyio
import httpx2
import openai

from damascus.core.clock import Clock
from damascus.core.failpoints import failpoint
from damascus.llm.failures import AttemptFailure, of_event, of_status
from damascus.llm.partial_response import LONGEST, PartialResponse
from damascus.llm.port import OnText
from damascus.llm.sse import MOST_BYTES, SseParser
from damascus.llm.tool_arguments import clean

CONNECT_SECONDS = 10.0
DRAIN_SECONDS = 0.1
_HEADERS = {"Content-Type": "application/json", "Accept": "text/event-stream, application/json"}
_BROKEN = (httpx2.RequestError, httpx2.StreamError, OSError, EOFError, anyio.EndOfStream)
_NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.UnsupportedProtocol)
_log = logging.getLogger(__name__)


class _LeaseExpired(Exception):
    """The call is not to be made any more; its last byte was held back."""


class Transport:
    """A pool of connections to one OpenAI-compatible server; `timeout` is in seconds and for one whole attempt."""

    def __init__(self, base_url: str, api_key: str, timeout: float, clock: Clock) -> None:
        self._timeout = timeout
        self._secret = api_key
        self._clock = clock
        limits = httpx2.Timeout(timeout, connect=min(CONNECT_SECONDS, timeout))
        self._openai = openai.AsyncOpenAI(
            base_url=base_url,
            api_key=api_key or "none",
            max_retries=0,
            timeout=limits,
            default_headers={"OpenAI-Organization": openai.Omit(), "OpenAI-Project": openai.Omit()},  # type: ignore[dict-item]
            # A proxy for the way out must not catch calls to this machine.
            http_client=openai.DefaultAsyncHttpx2Client(timeout=limits, trust_env=not _is_here(base_url)),
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._openai.close()

    async def send(self, body: bytes, on_text: OnText | None, may_send: Callable[[], bool]) -> PartialResponse:
        """One attempt; raises Failure. Text goes to `on_text` as it arrives, once per packet.

        `may_send` is asked when all but the body's last byte is with the server, which can do nothing until then.
        """
        draft = PartialResponse()
        try:
            async with asyncio.timeout(self._timeout):
                await self._exchange(_Body(body, may_send), draft, _TextListener(on_text))
        except TimeoutError:
            if not draft.complete:
                raise self._failure(f"no whole answer within {self._timeout:g} s", free=False) from None
        except _LeaseExpired as error:
            raise self._failure(str(error), free=True) from None
        except openai.APIStatusError as error:
            failure = of_status(error.status_code, error.body, error.response.headers, self._clock.now())
            raise self._blotted(failure) from None
        except openai.APIConnectionError as error:
            cause = error.__cause__ or error
            raise self._failure(_reason(cause), isinstance(cause, _NEVER_SENT), _is_refused(cause)) from None
        except _BROKEN as error:
            if not draft.complete:
                raise self._failure(f"the connection broke: {_reason(error)}", free=False) from None
        except RecursionError:
            raise self._failure("the answer is nested too deep to be read", free=False) from None
        if not draft.complete and not draft.full:
            raise self._failure("the answer broke off before its end", free=False)
        return draft

    async def _exchange(self, body: "_Body", draft: PartialResponse, audience: "_TextListener") -> None:
        response = await self._openai.post(
            "/chat/completions",
            cast_to=httpx2.Response,
            content=body,
            options={"headers": {**_HEADERS, "Content-Length": str(len(body))}},
            stream=True,
            stream_cls=openai.AsyncStream[object],
        )
        assert isinstance(response, httpx2.Response)
        try:
            draft.cost = response.headers.get("x-litellm-response-cost")
            kind = response.headers.get("content-type", "")
            if "json" in kind:
                await self._read_whole(response, draft, audience)
            elif "html" in kind:
                raise AttemptFailure("it answers with a web page", free=False, again=False, status=404)
            else:
                await self._read_stream(response, draft, audience)
        finally:
            await response.aclose()

    async def _read_whole(self, response: httpx2.Response, draft: PartialResponse, audience: "_TextListener") -> None:
        data = bytearray()
        async for chunk in response.aiter_bytes():
            data += chunk
            if len(data) > MOST_BYTES:
                raise self._failure("the answer is too long", free=False)
        text = self._take(bytes(data), draft)
        draft.done = True
        await audience.hear(text)

    async def _read_stream(self, response: httpx2.Response, draft: PartialResponse, audience: "_TextListener") -> None:
        events = SseParser()
        chunks = response.aiter_bytes()
        async for chunk in chunks:
            try:
                found = events.feed(chunk)
            except ValueError as error:
                raise self._failure(str(error), free=False) from None
            await audience.hear("".join([self._take(data, draft) for data in found]))
            if draft.full:
                return
            if draft.done:
                await _drain(chunks)
                return
        for data in events.rest():
            await audience.hear(self._take(data, draft))

    def _take(self, data: bytes, draft: PartialResponse) -> str:
        if data.startswith(b"[DONE]"):
            draft.done = True
            return ""
        try:
            event = json.loads(data.decode("utf-8", "replace"))
        except ValueError:
            raise self._failure("the answer is not JSON", free=False) from None
        if not isinstance(event, dict):
            return ""
        failure = of_event(event)
        if failure is not None and not draft.complete:
            raise self._blotted(failure)
        return draft.add(event)

    def _failure(self, message: str, free: bool, unreachable: bool = False) -> AttemptFailure:
        return self._blotted(AttemptFailure(message, free=free, again=True, unreachable=unreachable))

    def _blotted(self, failure: AttemptFailure) -> AttemptFailure:
        words = clean(failure.message)
        if len(self._secret) >= 4:
            words = words.replace(self._secret, "***")
        return AttemptFailure(
            words, failure.free, failure.again, failure.unreachable, failure.retry_after, failure.status, failure.param
        )


class _Body:
    """A request's bytes, the last of them only after a look whether it may still be sent.

    From the look to the socket nothing is waited for: no other task of this process runs in between.
    """

    def __init__(self, data: bytes, may_send: Callable[[], bool]) -> None:
        self._data = data
        self._may_send = may_send

    def __len__(self) -> int:
        return len(self._data)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._data[:-1]
        failpoint("before-call")
        if not self._may_send():
            raise _LeaseExpired("this process stood still before it could ask")
        yield self._data[-1:]


class _TextListener:
    """Whoever watches the text arrive. Watching may fail; an answer that is being paid for may not."""

    def __init__(self, on_text: OnText | None) -> None:
        self._on_text = on_text
        self._heard = 0

    async def hear(self, text: str) -> None:
        if self._on_text is None or not text or self._heard > LONGEST:
            return
        self._heard += len(text)
        try:
            await self._on_text(clean(text))
        except Exception:
            _log.warning("partial text is no longer shown for this answer", exc_info=True)
            self._on_text = None


async def _drain(chunks: AsyncIterator[bytes]) -> None:
    """Read to the end of the response, if it comes at once, so that the connection can be used again."""
    with contextlib.suppress(TimeoutError, *_BROKEN):
        async with asyncio.timeout(DRAIN_SECONDS):
            async for _ in chunks:
                pass


def _reason(error: BaseException) -> str:
    words = (str(error) or str(error.__cause__ or "")).rstrip(".")
    return words or "no reason was given"


def _is_refused(error: BaseException) -> bool:
    return isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.UnsupportedProtocol)


def _is_here(base_url: str) -> bool:
    host = urlsplit(base_url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
