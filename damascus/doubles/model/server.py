"""The HTTP side of the rehearsal: OpenAI's routes, those of native/, and /stats, /calls, /script, /faults and /health.

Starlette's routes without FastAPI's models: the server's start and its CPU per call are part of the benchmarks.
"""

import hmac
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from damascus.core.clock import Clock
from damascus.core.errors import Invalid
from damascus.doubles.model import NAME
from damascus.doubles.model.chat_request import ChatRequest, read_request
from damascus.doubles.model.context_limit import ContextLimit
from damascus.doubles.model.embeddings import embed_request
from damascus.doubles.model.faults import (
    CONTENT_FAULTS,
    QUIRK,
    TRANSPORT_FAULTS,
    ModelFault,
    describe_faults,
    read_fault,
)
from damascus.doubles.model.faults.transport import Sender, error_body
from damascus.doubles.model.http_exchange import ClientGone, HttpExchange, send_json, send_stream, send_whole
from damascus.doubles.model.local_model import LOADING_BODY, LocalModel
from damascus.doubles.model.native import PROTOCOLS, NativeProtocol
from damascus.doubles.model.openai_format import digest_of, token_count
from damascus.doubles.model.quirks.answer import QuirkyAnswer, in_dialect, refusal_of
from damascus.doubles.model.quota import Quota
from damascus.doubles.model.request_log import RequestLog
from damascus.doubles.model.script import Script, read_steps
from damascus.doubles.model.scripted_answer import ScriptedAnswer
from damascus.doubles.model.staff import staff_answer

_KEY_HEADERS = {b"authorization": b"", b"x-api-key": b"Bearer ", b"x-goog-api-key": b"Bearer "}
RehearsalHandler = Callable[["RehearsalServer", HttpExchange], Awaitable[None]]


@dataclass
class RehearsalServer:
    """One running rehearsal; `latency` is in seconds, `scenario` is what the staff plays."""

    clock: Clock
    latency: float = 0.0
    scenario: str = "startup"
    api_key: str = ""
    script: Script = field(default_factory=Script)
    log: RequestLog = field(default_factory=RequestLog)
    refused: Counter[str] = field(default_factory=Counter)  # requests, by a quirk that takes only later ones
    quota: Quota = field(default_factory=Quota)
    local: LocalModel = field(default_factory=LocalModel)
    context: ContextLimit = field(default_factory=ContextLimit)


def application(rehearsal: RehearsalServer) -> Starlette:
    """Return the rehearsal as an ASGI application.

    It needs DROP_EXTENSION among the scope's extensions (see __main__.py).
    """
    open_to_all: dict[tuple[str, str], RehearsalHandler] = {
        ("GET", "/health"): health,
        ("GET", "/stats"): show_stats,
        ("DELETE", "/stats"): clear_stats,
        ("GET", "/calls"): show_calls,
        ("GET", "/faults"): show_faults,
        ("GET", "/script"): show_script,
        ("POST", "/script"): add_script,
        ("DELETE", "/script"): clear_script,
    }
    with_key: dict[tuple[str, str], RehearsalHandler] = {
        ("POST", "/v1/chat/completions"): chat,
        ("POST", "/v1/embeddings"): embed,
        ("GET", "/v1/models"): models,
        **{("POST", path): speaking(protocol) for path, protocol in PROTOCOLS.items()},
    }
    routes = [
        Route(path, endpoint=_Endpoint(rehearsal, handler, keyed), methods=[method])
        for keyed, table in ((False, open_to_all), (True, with_key))
        for (method, path), handler in table.items()
    ]
    return Starlette(routes=routes)


class _Endpoint:
    """A handler as an ASGI application: checks the key, and turns what it raises into OpenAI's errors."""

    def __init__(self, rehearsal: RehearsalServer, handler: RehearsalHandler, keyed: bool) -> None:
        self._rehearsal, self._handler, self._keyed = rehearsal, handler, keyed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = HttpExchange(scope, receive, send, self._rehearsal.clock, self._rehearsal.latency)
        try:
            if self._keyed and not self._admits(scope):
                message = "Incorrect API key provided to the rehearsal"
                await send_json(exchange, 401, error_body(401, message, code="invalid_api_key"))
            else:
                await self._handler(self._rehearsal, exchange)
        except Invalid as error:
            await send_json(exchange, 400, error_body(400, str(error)))
        except ClientGone:
            return

    def _admits(self, scope: Scope) -> bool:
        headers, key = dict(scope["headers"]), self._rehearsal.api_key
        given = next((prefix + headers[name] for name, prefix in _KEY_HEADERS.items() if name in headers), b"")
        return not key or hmac.compare_digest(given, f"Bearer {key}".encode())


async def chat(rehearsal: RehearsalServer, exchange: HttpExchange) -> None:
    """Answer a chat request: with the script's fault or answer if it has one for it, else with the staff's."""
    body = await exchange.read_body()
    async with rehearsal.local.turn():
        exchange.begin()
        await _play(rehearsal, exchange, body, QuirkyAnswer, {})


def speaking(protocol: NativeProtocol) -> RehearsalHandler:
    """Return a handler for requests in a provider's own protocol."""

    async def handle(rehearsal: RehearsalServer, exchange: HttpExchange) -> None:
        body = _object(await exchange.read_body())
        if (refusal := protocol.refusal(body)) is not None:
            rehearsal.log.by_fault["native"] += 1
            await send_json(exchange, refusal.status, json.dumps(refusal.body).encode())
            return
        chat_body = json.dumps(protocol.to_chat(body, exchange.path.rpartition("/")[2])).encode()
        await _play(rehearsal, exchange, chat_body, protocol.answer, protocol.plays(body))

    return handle


async def _play(
    rehearsal: RehearsalServer, exchange: HttpExchange, body: bytes, form: type[QuirkyAnswer], given: Mapping[str, Any]
) -> None:
    request = read_request(body)
    if (over := rehearsal.quota.refusal(rehearsal.clock.monotonic())) is not None:
        rehearsal.log.by_fault["quota"] += 1
        await send_json(exchange, 429, over.body, over.headers)
        return
    if (too_long := rehearsal.context.refusal(request)) is not None:
        rehearsal.log.by_fault["context"] += 1
        await send_json(exchange, 400, json.dumps(too_long).encode())
        return
    call, local = rehearsal.log.record_request(request), rehearsal.local
    if (seconds := local.seconds_to_load(rehearsal.clock.monotonic())) > 0:
        rehearsal.log.by_fault["loading"] += 1
        if local.refuses_while_loading:
            await send_json(exchange, 503, LOADING_BODY)
            return
        await exchange.wait(seconds)
        exchange.begin()
    prompt_tokens, request = local.prompt_tokens(request), local.as_read(request)
    if (seconds := local.seconds_to_read(prompt_tokens)) > 0:
        await exchange.wait(seconds)
        exchange.begin()
    answer, fault = _decide(rehearsal, request)
    answer = local.spoken(answer, request.max_tokens)
    latency = token_count(answer.size) / local.speed if local.speed else rehearsal.latency
    exchange.latency = _seconds(request.rehearsal.get("latency", latency))
    if fault:
        rehearsal.log.by_fault[fault.name] += 1
    plays = fault.options if fault and fault.name == QUIRK else {}
    if (refusal := refusal_of(plays, request, rehearsal.refused)) is not None:
        await send_json(exchange, refusal.status, json.dumps(refusal.body).encode())
        return
    formatted = form(
        plays={**given, **plays},
        answer=answer,
        model=request.model,
        digest=digest_of(body),
        created=int(rehearsal.clock.now().timestamp()),
        prompt_tokens=prompt_tokens,
        streamed=request.stream,
        include_usage=request.include_usage,
        by_token=bool(local.speed),
    )
    await _sender(request, fault)(exchange, formatted, fault.options if fault else {})
    if not (fault and fault.name in TRANSPORT_FAULTS and fault.name != "drip"):
        rehearsal.log.record_answer(call, formatted)


def _decide(rehearsal: RehearsalServer, request: ChatRequest) -> tuple[ScriptedAnswer, ModelFault | None]:
    fault, step = read_fault(request.rehearsal.get("fault"), request.rehearsal), None
    if fault is None and (step := rehearsal.script.next(request)):
        fault = step.fault
    given = step.answer(request) if step else None
    answer = given if given is not None else staff_answer(request, rehearsal.scenario)
    if fault and fault.name in CONTENT_FAULTS:
        answer = CONTENT_FAULTS[fault.name](answer, fault.options)
    if fault and fault.name == QUIRK:
        answer = in_dialect(answer, fault.options)
    return answer, fault


def _sender(request: ChatRequest, fault: ModelFault | None) -> Sender:
    if fault and fault.name in TRANSPORT_FAULTS:
        return TRANSPORT_FAULTS[fault.name]
    return send_stream if request.stream else send_whole


def _seconds(value: Any) -> float:
    if not isinstance(value, int | float) or not 0 <= value <= 3600:
        raise Invalid("'latency' must be a number of seconds from 0 to 3600")
    return float(value)


async def embed(_rehearsal: RehearsalServer, exchange: HttpExchange) -> None:
    """Answer with embeddings of texts."""
    await _send(exchange, embed_request(_object(await exchange.read_body())))


async def models(_rehearsal: RehearsalServer, exchange: HttpExchange) -> None:
    """List the one model there is; requests for other models are answered all the same."""
    one = {"id": NAME, "object": "model", "created": 0, "owned_by": "damascus"}
    await _send(exchange, {"object": "list", "data": [one]})


async def health(_rehearsal: RehearsalServer, exchange: HttpExchange) -> None:
    """Tell that the rehearsal runs."""
    await _send(exchange, {"status": "ok", "model": NAME, "note": "it plays a script; no real model is used"})


async def show_stats(rehearsal: RehearsalServer, exchange: HttpExchange) -> None:
    """Show the figures of what was asked and answered."""
    await _send(exchange, rehearsal.log.as_json())


async def clear_stats(rehearsal: RehearsalServer, exchange: HttpExchange) -> None:
    """Set all figures to zero."""
    rehearsal.log = RequestLog()
    await _send(exchange, rehearsal.log.as_json())


async def show_calls(rehearsal: RehearsalServer, exchange: HttpExchange) -> None:
    """List every request in its order, and whether its answer was sent whole."""
    await _send(exchange, {"calls": [asdict(call) for call in rehearsal.log.requests]})


async def show_faults(_rehearsal: RehearsalServer, exchange: HttpExchange) -> None:
    """List every fault and what it does."""
    await _send(exchange, describe_faults())


async def show_script(rehearsal: RehearsalServer, exchange: HttpExchange) -> None:
    """List the steps of the script and how often each was played."""
    await _send(exchange, {"steps": rehearsal.script.as_json()})


async def add_script(rehearsal: RehearsalServer, exchange: HttpExchange) -> None:
    """Add steps to the end of the script."""
    rehearsal.script.steps += read_steps(_json(await exchange.read_body()))
    await show_script(rehearsal, exchange)


async def clear_script(rehearsal: RehearsalServer, exchange: HttpExchange) -> None:
    """Remove all steps of the script."""
    rehearsal.script.steps.clear()
    await show_script(rehearsal, exchange)


async def _send(exchange: HttpExchange, body: Any) -> None:
    await send_json(exchange, 200, json.dumps(body).encode())


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError as error:
        raise Invalid(f"the body is not JSON: {error}") from None


def _object(body: bytes) -> dict[str, Any]:
    data = _json(body)
    if not isinstance(data, dict):
        raise Invalid("the body must be a JSON object")
    return data
