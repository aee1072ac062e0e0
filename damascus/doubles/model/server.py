"""The HTTP side of the rehearsal: OpenAI's routes, and /stats, /calls, /script, /faults and /health of its own.

Starlette's routes without FastAPI's models: the server's start and its CPU per call are part of our benchmarks.
"""

import hmac
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from damascus.core.clock import Clock
from damascus.core.errors import Invalid
from damascus.doubles.model import NAME
from damascus.doubles.model.chat_request import ChatRequest, read_ask
from damascus.doubles.model.embeddings import embeddings
from damascus.doubles.model.faults import DELIVERY, SPEECH, ModelFault, described, read_fault
from damascus.doubles.model.faults.transport import Sender, error_body
from damascus.doubles.model.http_exchange import Gone, HttpExchange, send_json, send_stream, send_whole
from damascus.doubles.model.request_log import Stats
from damascus.doubles.model.script import Script, read_steps
from damascus.doubles.model.scripted_answer import FormattedAnswer, ScriptedAnswer, digest_of, tokens
from damascus.doubles.model.staff import answer

Handler = Callable[["RehearsalServer", HttpExchange], Awaitable[None]]


@dataclass
class RehearsalServer:
    """One running rehearsal; `latency` is in seconds, `scenario` is what the staff plays."""

    clock: Clock
    latency: float = 0.0
    scenario: str = "startup"
    api_key: str = ""
    script: Script = field(default_factory=Script)
    stats: Stats = field(default_factory=Stats)


def application(house: RehearsalServer) -> Starlette:
    """The rehearsal as an ASGI application; needs `wire.DROP` in the scope's extensions (see __main__.py)."""
    open_to_all: dict[tuple[str, str], Handler] = {
        ("GET", "/health"): health,
        ("GET", "/stats"): show_stats,
        ("DELETE", "/stats"): clear_stats,
        ("GET", "/calls"): show_calls,
        ("GET", "/faults"): show_faults,
        ("GET", "/script"): show_script,
        ("POST", "/script"): add_script,
        ("DELETE", "/script"): clear_script,
    }
    with_key: dict[tuple[str, str], Handler] = {
        ("POST", "/v1/chat/completions"): chat,
        ("POST", "/v1/embeddings"): embed,
        ("GET", "/v1/models"): models,
    }
    routes = [
        Route(path, endpoint=_Endpoint(house, handler, keyed), methods=[method])
        for keyed, table in ((False, open_to_all), (True, with_key))
        for (method, path), handler in table.items()
    ]
    return Starlette(routes=routes)


class _Endpoint:
    """A handler as an ASGI application: checks the key, and turns what it raises into OpenAI's errors."""

    def __init__(self, house: RehearsalServer, handler: Handler, keyed: bool) -> None:
        self._house, self._handler, self._keyed = house, handler, keyed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        line = HttpExchange(scope, receive, send, self._house.clock, self._house.latency)
        try:
            if self._keyed and not self._admits(scope):
                message = "Incorrect API key provided to the rehearsal"
                await send_json(line, 401, error_body(401, message, code="invalid_api_key"))
            else:
                await self._handler(self._house, line)
        except Invalid as error:
            await send_json(line, 400, error_body(400, str(error)))
        except Gone:
            return

    def _admits(self, scope: Scope) -> bool:
        given = dict(scope["headers"]).get(b"authorization", b"")
        return not self._house.api_key or hmac.compare_digest(given, f"Bearer {self._house.api_key}".encode())


async def chat(house: RehearsalServer, line: HttpExchange) -> None:
    """One chat completion: the script's fault or answer if it has one for it, else the staff's."""
    body = await line.body()
    ask = read_ask(body)
    call = house.stats.asked(ask)
    line.latency = _seconds(ask.rehearsal.get("latency", house.latency))
    said, fault = _decide(house, ask)
    if fault:
        house.stats.by_fault[fault.name] += 1
    reply = FormattedAnswer(
        answer=said,
        model=ask.model,
        digest=digest_of(body),
        created=int(house.clock.now().timestamp()),
        prompt_tokens=tokens(ask.size),
        streamed=ask.stream,
        include_usage=ask.include_usage,
    )
    await _sender(ask, fault)(line, reply, fault.options if fault else {})
    if not (fault and fault.name in DELIVERY and fault.name != "drip"):
        house.stats.gave(call, reply)


def _decide(house: RehearsalServer, ask: ChatRequest) -> tuple[ScriptedAnswer, ModelFault | None]:
    fault, step = read_fault(ask.rehearsal.get("fault"), ask.rehearsal), None
    if fault is None and (step := house.script.next(ask)):
        fault = step.fault
    given = step.answer(ask) if step else None
    said = given if given is not None else answer(ask, house.scenario)
    if fault and fault.name in SPEECH:
        said = SPEECH[fault.name](said, fault.options)
    return said, fault


def _sender(ask: ChatRequest, fault: ModelFault | None) -> Sender:
    if fault and fault.name in DELIVERY:
        return DELIVERY[fault.name]
    return send_stream if ask.stream else send_whole


def _seconds(value: Any) -> float:
    if not isinstance(value, int | float) or not 0 <= value <= 3600:
        raise Invalid("'latency' must be a number of seconds from 0 to 3600")
    return float(value)


async def embed(_house: RehearsalServer, line: HttpExchange) -> None:
    """Embeddings for texts."""
    await _send(line, embeddings(_object(await line.body())))


async def models(_house: RehearsalServer, line: HttpExchange) -> None:
    """The one model there is; requests for others are answered all the same."""
    one = {"id": NAME, "object": "model", "created": 0, "owned_by": "damascus"}
    await _send(line, {"object": "list", "data": [one]})


async def health(_house: RehearsalServer, line: HttpExchange) -> None:
    """It runs."""
    await _send(line, {"status": "ok", "model": NAME, "note": "it plays a script; no real model is used"})


async def show_stats(house: RehearsalServer, line: HttpExchange) -> None:
    """What was asked and answered."""
    await _send(line, house.stats.shown())


async def clear_stats(house: RehearsalServer, line: HttpExchange) -> None:
    """Begin to count anew."""
    house.stats = Stats()
    await _send(line, house.stats.shown())


async def show_calls(house: RehearsalServer, line: HttpExchange) -> None:
    """Every request, in the order in which they came, and whether its answer was given whole."""
    await _send(line, {"calls": [asdict(call) for call in house.stats.log]})


async def show_faults(_house: RehearsalServer, line: HttpExchange) -> None:
    """Every fault and what it does."""
    await _send(line, described())


async def show_script(house: RehearsalServer, line: HttpExchange) -> None:
    """The steps of the script and how often each was played."""
    await _send(line, {"steps": house.script.shown()})


async def add_script(house: RehearsalServer, line: HttpExchange) -> None:
    """Put steps at the end of the script."""
    house.script.steps += read_steps(_json(await line.body()))
    await show_script(house, line)


async def clear_script(house: RehearsalServer, line: HttpExchange) -> None:
    """Forget the script."""
    house.script.steps.clear()
    await show_script(house, line)


async def _send(line: HttpExchange, body: Any) -> None:
    await send_json(line, 200, json.dumps(body).encode())


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
