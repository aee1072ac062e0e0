"""The one module that talks to the server: sends a body, collects the response, makes every error an AttemptFailure.

It uses `openai`'s client for its connections, headers and errors, and reads the stream itself: the client's typed
chunks cost 20 ms of CPU per response, this costs 4 (docs/decisions/0005-model-client.md).
"""

import asyncio
import contextlib
import functools
import json
import logging
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

import anyio
import httpx2
import openai

from damascus.core.clock import Clock
from damascus.core.failpoints import failpoint
from damascus.core.live_output import OutputPiece
from damascus.core.network import Route
from damascus.core.redaction import MASK, redact
from damascus.llm.failures import BUSY_STATUSES, DENIED_STATUSES, AttemptFailure, failure_of_event, failure_of_status
from damascus.llm.partial_response import MAX_RESPONSE_CHARS, PartialResponse
from damascus.llm.port import OnOutput
from damascus.llm.refusals import RefusalKind
from damascus.llm.server_words import words_in
from damascus.llm.sse import SseParser
from damascus.llm.time_limits import Patience, TimeLimits
from damascus.llm.tool_arguments import clean

CONNECT_TIMEOUT_SECONDS = 10.0
MAX_UNREACHABLE_RETRIES = 2
DRAIN_TIMEOUT_SECONDS = 0.1
MAX_BODY_BYTES = 16 * 1024 * 1024
MAX_UNREAD_BYTES = 64 * 1024
MIN_SECRET_CHARS = 4
MIN_MASKED_CHARS = 16  # of a key that servers show the beginning of
MASKED_PREFIX_CHARS = 6
MAX_SHOWN_CHARS = 320
_HEADERS = {"Content-Type": "application/json", "Accept": "text/event-stream, application/json"}
_BROKEN = (httpx2.RequestError, httpx2.StreamError, OSError, EOFError, anyio.EndOfStream)
_NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.UnsupportedProtocol)
_log = logging.getLogger(__name__)


class _LeaseExpired(Exception):
    """The call must no longer be made; its last byte was not sent."""


class Transport:
    """A pool of connections to the OpenAI-compatible server at the end of `route`.

    Raises Misconfigured if the way there is not usable.
    """

    def __init__(self, route: Route, api_key: str, clock: Clock) -> None:
        self._route = route
        self._secret = api_key
        self._clock = clock
        limits = httpx2.Timeout(None, connect=CONNECT_TIMEOUT_SECONDS)
        self._openai = openai.AsyncOpenAI(
            base_url=route.url,
            api_key=api_key or "none",
            max_retries=0,
            timeout=limits,
            default_headers={"OpenAI-Organization": openai.Omit(), "OpenAI-Project": openai.Omit()},  # type: ignore[dict-item]
            http_client=openai.DefaultAsyncHttpx2Client(timeout=limits, **route.client_options()),
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._openai.close()

    async def look_up(self, path: str, seconds: float, body: Mapping[str, object] | None = None) -> object:
        """Return the JSON at a path of the server, or at a whole URL of it; with a `body` it is posted there.

        Returns None if the server does not know the path.
        Raises AttemptFailure if it does not show it to this key, or does not answer within `seconds`, or not with JSON.
        """
        try:
            async with asyncio.timeout(seconds):
                send = self._openai.get if body is None else functools.partial(self._openai.post, body=body)
                response = await send(path, cast_to=httpx2.Response, stream=True, stream_cls=openai.AsyncStream[object])
                assert isinstance(response, httpx2.Response)
                try:
                    return json.loads(await self._read_body(response))
                finally:
                    await response.aclose()
        except openai.APIStatusError as error:
            failure = self._of_status(error)
            if error.status_code < 500 and error.status_code not in DENIED_STATUSES and not failure.on_the_way:
                return None
            raise failure from None
        except TimeoutError:
            raise self._failure(f"no answer within {seconds:g} s", not_billed=True) from None
        except (openai.APIConnectionError, *_BROKEN) as error:
            raise replace(self._of_connection(error.__cause__ or error), not_billed=True) from None
        except (ValueError, RecursionError):
            raise self._failure("the answer is not JSON", not_billed=True) from None

    async def send(
        self,
        body: bytes,
        partial: PartialResponse,
        limits: TimeLimits,
        on_output: OnOutput | None,
        may_send: Callable[[], bool],
    ) -> PartialResponse:
        """Make one attempt, and return `partial` with its response.

        A server is given up when it is silent for too long: its comments and empty pieces are silence, too.
        What it says, thinks and calls goes to `on_output` as it arrives, put together per packet.
        `may_send` is asked when all but the body's last byte has been sent: the server cannot act before it has that.

        Raises AttemptFailure if no whole response arrives.
        """
        try:
            async with Patience(limits, partial) as patience:
                await self._post(_Body(body, may_send), partial, _Listener(on_output, patience.look))
        except TimeoutError:
            if not partial.complete:
                raise patience.failure() from None
        except _LeaseExpired as error:
            raise self._failure(str(error), not_billed=True) from None
        except openai.APIStatusError as error:
            raise self._of_status(error) from None
        except openai.APIConnectionError as error:
            raise self._of_connection(error.__cause__ or error) from None
        except _BROKEN as error:
            if not partial.complete:
                raise self._failure(f"the connection broke: {_reason(error)}", not_billed=False) from None
        except RecursionError:
            raise self._failure("the response is nested too deep to be read", not_billed=False) from None
        if not partial.complete and not partial.full:
            what = f": {partial.unread!r}" if partial.unread else ""
            raise self._failure(f"the response ended before it was complete{what}", not_billed=False)
        return partial

    async def _post(self, body: "_Body", partial: PartialResponse, listener: "_Listener") -> None:
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
            partial.reported_cost = response.headers.get("x-litellm-response-cost")
            kind = response.headers.get("content-type", "")
            if "json" in kind:
                await self._read_whole(response, partial, listener)
            elif "html" in kind:
                raise AttemptFailure(
                    f"it responds with a web page{self._route.by_proxy}",
                    not_billed=False,
                    retryable=False,
                    kind=RefusalKind.WRONG_NAME,
                )
            else:
                await self._read_stream(response, partial, listener)
        finally:
            await response.aclose()

    async def _read_whole(self, response: httpx2.Response, partial: PartialResponse, listener: "_Listener") -> None:
        said = self._add_event(await self._read_body(response), partial)
        partial.done = True
        await listener.show(said)

    async def _read_body(self, response: httpx2.Response) -> bytes:
        data = bytearray()
        async for chunk in response.aiter_bytes():
            data += chunk
            if len(data) > MAX_BODY_BYTES:
                raise self._failure("the response is too long", not_billed=False)
        return bytes(data)

    async def _read_stream(self, response: httpx2.Response, partial: PartialResponse, listener: "_Listener") -> None:
        events, unread = SseParser(), bytearray()
        chunks = response.aiter_bytes()
        async for chunk in chunks:
            try:
                found = events.feed(chunk)
            except ValueError as error:
                raise self._failure(str(error), not_billed=False) from None
            if not partial.began and len(unread) < MAX_UNREAD_BYTES:
                unread += chunk
            await listener.show([piece for data in found for piece in self._add_event(data, partial)])
            if partial.full:
                return
            if partial.done:
                await _drain(chunks)
                return
        for data in events.rest():
            await listener.show(self._add_event(data, partial))
        if partial.began:
            return
        if unread.lstrip().startswith((b"{", b"[")):  # JSON under a stream's name: an error, mostly
            await listener.show(self._add_event(bytes(unread), partial))
            partial.done = True
        else:
            partial.unread = words_in(unread.decode("utf-8", "replace"))

    def _add_event(self, data: bytes, partial: PartialResponse) -> list[OutputPiece]:
        if data.startswith(b"[DONE]"):
            partial.done = True
            return []
        try:
            event = json.loads(data.decode("utf-8", "replace"))
        except ValueError:
            said = words_in(data.decode("utf-8", "replace"))
            raise self._failure(f"the response is not JSON: {said or 'nothing'}", not_billed=False) from None
        if isinstance(event, list) and len(event) == 1:
            event = event[0]
        if not isinstance(event, dict):
            return []
        failure = failure_of_event(event, self._clock.now())
        if failure is not None and not partial.complete:
            refused = failure.not_billed or (failure.status in BUSY_STATUSES and not partial.began)
            raise self._redacted(replace(failure, not_billed=refused and partial.length == 0))
        return partial.add(event)

    def _of_status(self, error: openai.APIStatusError) -> AttemptFailure:
        headers = error.response.headers
        kind, words = headers.get("content-type", ""), error.response.reason_phrase
        if (refused := self._route.refusal(error.status_code, kind, words)) is not None:
            return self._on_the_way(refused)
        found = _decoded(error.response.text, error.body)
        return self._redacted(failure_of_status(error.status_code, found, headers, self._clock.now()))

    def _of_connection(self, cause: BaseException) -> AttemptFailure:
        if (problem := self._route.problem(cause)) is not None:
            return self._on_the_way(problem)
        return self._failure(_reason(cause), isinstance(cause, _NEVER_SENT), _is_refused(cause))

    def _on_the_way(self, problem: str) -> AttemptFailure:
        return replace(self._failure(problem, not_billed=True, unreachable=True), on_the_way=True)

    def _failure(self, message: str, not_billed: bool, unreachable: bool = False) -> AttemptFailure:
        most = MAX_UNREACHABLE_RETRIES if unreachable else None
        return self._redacted(AttemptFailure(message, not_billed, True, unreachable=unreachable, max_retries=most))

    def _redacted(self, failure: AttemptFailure) -> AttemptFailure:
        """Return the failure with nothing secret in its words, neither whole nor as its beginning with stars."""
        said = redact(clean(failure.message))
        if len(self._secret) >= MIN_SECRET_CHARS:
            said = said.replace(self._secret, MASK)
        if len(self._secret) >= MIN_MASKED_CHARS:
            said = re.sub(rf"{re.escape(self._secret[:MASKED_PREFIX_CHARS])}[\w*.…-]*", MASK, said)
        return replace(failure, message=said[:MAX_SHOWN_CHARS], said=said)


class _Body:
    """A request's bytes, the last of them only after a check that it may still be sent.

    Nothing is awaited between that check and the socket: no other task of this process runs in between.
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
            raise _LeaseExpired("this process was suspended before it could send the request")
        yield self._data[-1:]


class _Listener:
    """Hears of each packet, and shows it. Showing may fail; a response that is being paid for may not."""

    def __init__(self, on_output: OnOutput | None, on_packet: Callable[[], None]) -> None:
        self._on_output = on_output
        self._on_packet = on_packet
        self._shown_chars = 0

    async def show(self, pieces: Sequence[OutputPiece]) -> None:
        self._on_packet()
        for (part, tool), said in groupby(pieces, key=lambda piece: (piece.part, piece.tool)):
            text = "".join([piece.text for piece in said])
            if self._on_output is None or self._shown_chars > MAX_RESPONSE_CHARS:
                return
            self._shown_chars += len(text)
            try:
                await self._on_output(OutputPiece(part, clean(text), clean(tool)))
            except Exception:
                _log.warning("model response: a piece was not shown; its rest is skipped", exc_info=True)
                self._on_output = None


async def _drain(chunks: AsyncIterator[bytes]) -> None:
    """Read to the end of the response, if it comes immediately, so that the connection can be reused."""
    with contextlib.suppress(TimeoutError, *_BROKEN):
        async with asyncio.timeout(DRAIN_TIMEOUT_SECONDS):
            async for _ in chunks:
                pass


def _decoded(text: str, found: object) -> object:
    """Return the body of an error as JSON, else its text; `found` is what the vendor's library made of it."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text or found


def _reason(error: BaseException) -> str:
    reason = (str(error) or str(error.__cause__ or "")).rstrip(".")
    return reason or "no reason was given"


def _is_refused(error: BaseException) -> bool:
    return isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.UnsupportedProtocol)
