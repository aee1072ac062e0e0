"""The workshop's socket as a door, from both sides: strange orders to the service, and strange answers from one."""

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from damascus.core.clock import FixedClock, SystemClock
from damascus.core.errors import Invalid, Unavailable
from damascus.core.settings import WorkshopSettings
from damascus.workshop.local import LocalWorkshop
from damascus.workshop.port import CommandResult
from damascus.workshop.protocol import COMMAND_RESULT, RunError, RunRequest
from damascus.workshop.remote import RemoteWorkshop
from damascus.workshop.service import Service
from tests.fixtures.fuzz import ABYSS, ODD_TEXT, door, is_one_line, json_text

LIMITS = WorkshopSettings(seconds=10, output_kb=1)
HERE = "@workspace@"
ORDER = {"id": "0" * 32, "command": "true", "workspace": HERE, "seconds": 5.0}
DONE = asdict(CommandResult(0, "done\n", False, 0.1))
BODY = json_text(ORDER).map(lambda text: text.encode(errors="replace")) | ABYSS.map(str.encode) | st.binary(max_size=60)
ANSWER = (
    json_text(DONE).map(lambda text: text.encode(errors="replace"))
    | json_text({"error": "no"}).map(lambda text: text.encode(errors="replace"))
    | st.binary(max_size=60)
)
CODES = st.sampled_from([200, 200, 200, 204, 301, 404, 422, 499, 500, 503])


@pytest.fixture
async def http(workspace: Path) -> AsyncIterator[httpx.AsyncClient]:
    """The real service with real commands; raises what it raises."""
    service = Service(LocalWorkshop(LIMITS, SystemClock()), [workspace.parent])
    transport = httpx.ASGITransport(service.application())
    async with httpx.AsyncClient(transport=transport, base_url="http://workshop", timeout=60) as client:
        yield client


@door(5)
@given(BODY)
@example(json.dumps({**ORDER, "workspace": "/x\n" * 3_000}).encode())
@example(json.dumps({**ORDER, "x\n" * 3_000: 1}).encode())
async def test_any_order_is_carried_out_or_refused_in_one_line(
    http: httpx.AsyncClient, workspace: Path, body: bytes
) -> None:
    answer = await http.post("/runs", content=body.replace(HERE.encode(), str(workspace).encode()))
    if answer.status_code == 200:
        COMMAND_RESULT.validate_json(answer.content)
    else:
        assert answer.status_code in (422, 503)
        assert is_one_line(RunError.model_validate_json(answer.content).error), answer.text
    assert (await http.get("/health")).json() == {"status": "ok", "running": 0}


@door(5)
@given(ODD_TEXT | st.text(max_size=40))
async def test_calling_off_what_never_was_is_no_fault(http: httpx.AsyncClient, name: str) -> None:
    answer = await http.delete(f"/runs/{quote(name.encode(errors='replace'), safe='')}")
    assert answer.status_code in (204, 307, 404, 405)


@dataclass
class Stranger:
    """Whoever listens at the socket, and says the same to everybody."""

    socket: Path
    says: bytes = b""
    orders: list[bytes] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.split(b"content-length: ")[1].split(b"\r\n")[0]) if b"content-length" in head else 0
            self.orders.append(await reader.readexactly(length))
            writer.write(self.says)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@pytest.fixture
async def stranger() -> AsyncIterator[Stranger]:
    with tempfile.TemporaryDirectory(prefix="ws-") as folder:  # short: a socket's path has at most 107 bytes
        stranger = Stranger(Path(folder) / "s")
        async with await asyncio.start_unix_server(stranger.serve, stranger.socket):
            yield stranger


async def ask(stranger: Stranger, workspace: Path, said: bytes) -> None:
    stranger.says, before = said, len(stranger.orders)
    workshop = RemoteWorkshop(stranger.socket, LIMITS, FixedClock(), wait_seconds=10)
    try:
        result = await workshop.run("true", workspace)
    except (Unavailable, Invalid) as error:
        assert is_one_line(str(error)), repr(str(error))
    else:
        json.dumps(asdict(result)).encode()
    assert len(stranger.orders) == before + 1  # a command is sent once and never again by itself
    RunRequest.model_validate_json(stranger.orders[-1])


@door(5)
@given(CODES, ANSWER, st.booleans())
async def test_any_answer_is_a_result_or_one_line(
    stranger: Stranger, workspace: Path, code: int, body: bytes, whole: bool
) -> None:
    length = len(body) + (0 if whole else 9)
    head = f"HTTP/1.1 {code} X\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    await ask(stranger, workspace, head.encode() + body)


@door(5)
@given(st.binary(max_size=200))
async def test_any_bytes_instead_of_http_are_one_line(stranger: Stranger, workspace: Path, said: bytes) -> None:
    await ask(stranger, workspace, said)


@door(5)
@given(ODD_TEXT | st.text(max_size=40) | st.text(alphabet=st.characters(), max_size=9), ODD_TEXT | st.none())
async def test_any_command_is_sent_as_it_is_or_refused_in_one_line(
    stranger: Stranger, workspace: Path, command: str, place: str | None
) -> None:
    stranger.says = b'HTTP/1.1 422 X\r\ncontent-length: 15\r\n\r\n{"error": "no"}'
    sent = len(stranger.orders)
    workshop: Any = RemoteWorkshop(stranger.socket, LIMITS, FixedClock(), wait_seconds=10)
    with pytest.raises(Invalid) as refusal:
        await workshop.run(command, workspace / place if place else workspace)
    assert is_one_line(str(refusal.value))
    assert (str(refusal.value) == "no") == (len(stranger.orders) > sent)
    if len(stranger.orders) > sent:
        assert RunRequest.model_validate_json(stranger.orders[-1]).command == command
