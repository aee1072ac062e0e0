"""A model's server that says exactly the bytes a test tells it to, and a meter that keeps its books open."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from damascus.core.clock import FixedClock
from damascus.core.errors import OverBudget
from damascus.core.records.model_paces import Told
from damascus.core.settings import ModelSettings, NamedModel
from damascus.llm.client import ModelClient
from damascus.llm.port import ModelRequest, ModelResponse, Reserved, ToolSpec

Reply = Callable[[asyncio.StreamWriter], Awaitable[None]]


def raw(data: bytes, hold: float = 0) -> Reply:
    """Send `data`, keep silent for `hold` seconds, close the connection."""

    async def reply(writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()
        await asyncio.sleep(hold)
        writer.close()

    return reply


def status(code: int, body: object = None, **headers: str) -> Reply:
    """An HTTP response with a JSON body (or text, given as a string)."""
    data = body.encode() if isinstance(body, str) else json.dumps(body or {}).encode()
    kind = headers.pop("content_type", "application/json")
    lines = [f"HTTP/1.1 {code} X", f"content-type: {kind}", f"content-length: {len(data)}", "connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return raw("\r\n".join([*lines, "", ""]).encode() + data)


def stream(*events: object, end: bytes = b"data: [DONE]\n\n", hold: float = 0, **headers: str) -> Reply:
    """A stream of events (dictionaries, or bytes as they are), with `end` behind them."""
    return raw(stream_head(**headers) + b"".join(event_bytes(event) for event in events) + end, hold)


def stream_head(**headers: str) -> bytes:
    lines = ["HTTP/1.1 200 OK", "content-type: text/event-stream", "connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()


def event_bytes(event: object) -> bytes:
    return event if isinstance(event, bytes) else b"data: " + json.dumps(event).encode() + b"\n\n"


def delta(finish: str | None = None, **piece: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": piece, "finish_reason": finish}]}


def counted(read: object = 100, written: object = 10, **more: object) -> dict[str, Any]:
    return {"choices": [], "usage": {"prompt_tokens": read, "completion_tokens": written, **more}}


def says(text: str = "Hello.") -> Reply:
    """The plainest good answer."""
    return stream(delta(content=text), delta("stop"), counted())


@dataclass
class Seen:
    head: str
    body: dict[str, Any]


@dataclass
class ScriptedServer:
    """Replies in order; the last reply is repeated."""

    replies: list[Reply] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    looked_up: list[str] = field(default_factory=list)
    url: str = ""

    def will(self, *replies: Reply) -> None:
        self.replies = list(replies)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            if "/chat/completions " not in head:
                self.looked_up.append(head.split()[1])
                await status(404)(writer)
                return
            length = int(head.split("content-length: ")[1].split("\r\n")[0])
            self.seen.append(Seen(head, json.loads(await reader.readexactly(length))))
            reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
            await reply(writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@dataclass
class OpenBook:
    """A meter: what was reserved, and what became of it."""

    limit: int = 10**12
    reserved: dict[str, int] = field(default_factory=dict)
    models: list[str] = field(default_factory=list)
    released: list[str] = field(default_factory=list)
    was_lost: list[str] = field(default_factory=list)
    looks: list[bool] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)

    async def reserve(self, model: str, worst_microusd: int, least_microusd: int, *_: object) -> Reserved:
        if least_microusd > self.limit:
            raise OverBudget
        worst_microusd = min(worst_microusd, self.limit)
        name = f"res_{len(self.reserved) + 1}"
        self.reserved[name] = worst_microusd
        self.models.append(model)
        return Reserved(name, worst_microusd)

    def may_send(self) -> bool:
        return self.looks.pop(0) if self.looks else True

    async def release(self, reservation: str) -> None:
        self.released.append(reservation)

    async def put_off(self, reservation: str, model: str, told: Told) -> None:
        self.released.append(reservation)
        self.told.append(told)

    async def lost(self, reservation: str) -> None:
        self.was_lost.append(reservation)

    @property
    def open(self) -> list[str]:
        return [name for name in self.reserved if name not in [*self.released, *self.was_lost]]


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    scripted = ScriptedServer([says()])
    listening = await asyncio.start_server(scripted.serve, "127.0.0.1", 0)
    scripted.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1"
    yield scripted
    listening.close()


@pytest.fixture
def book() -> OpenBook:
    return OpenBook()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


MakeClient = Callable[..., ModelClient]


@pytest.fixture
async def client_with(server: ScriptedServer, clock: FixedClock) -> AsyncIterator[MakeClient]:
    """Makes clients of the scripted server, by settings of `model` and of single models; they are closed in the end."""
    made: list[ModelClient] = []

    def make(url: str = "", models: dict[str, Any] | None = None, **settings: Any) -> ModelClient:
        tiers = {"strong": "big", "standard": "mid", "cheap": "small"}
        model = ModelSettings.model_validate({"tiers": tiers, "timeout": 5, **settings})
        known = {"price": {"input": 1, "output": 10}, "context_window": 10**6}  # so that nothing is looked up
        priced = dict.fromkeys(("big", "mid", "small", "spare"), known)
        named = {name: NamedModel.model_validate(known) for name, known in {**priced, **(models or {})}.items()}
        made.append(ModelClient(model, url or server.url, clock, named, jitter=lambda: 1.0))
        return made[-1]

    yield make
    for client in made:
        await client.close()


@pytest.fixture
def client(client_with: MakeClient) -> ModelClient:
    return client_with()


WRITE = ToolSpec("write_file", "Writes.", {"type": "object", "properties": {"path": {"type": "string"}}})
FINISH = ToolSpec("finish", "Ends.", {"type": "object", "properties": {"summary": {"type": "string"}}})


def question(text: str = "Hello?", **more: Any) -> ModelRequest:
    return ModelRequest(**{"tier": "standard", "messages": [{"role": "user", "content": text}], **more})


@pytest.fixture
def reply() -> SimpleNamespace:
    """What a server may send, byte by byte if need be."""
    return SimpleNamespace(
        raw=raw,
        status=status,
        stream=stream,
        head=stream_head,
        event=event_bytes,
        delta=delta,
        counted=counted,
        says=says,
    )


@pytest.fixture
def ask() -> Callable[..., ModelRequest]:
    """Makes a question to the standard tier."""
    return question


@pytest.fixture
def complete(client: ModelClient, book: OpenBook) -> Callable[[], Awaitable[ModelResponse]]:
    """One call of the plainest question, paid for from the book."""
    return lambda: client.complete(question(), book)


@pytest.fixture
def tools() -> tuple[ToolSpec, ...]:
    return (WRITE, FINISH)
