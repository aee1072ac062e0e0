"""`ceo doctor` asks every model that is named, each by itself and once, and all at the same time."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from damascus.core.settings import CompanySettings, ModelSettings, Settings, Tiers, WorkshopSettings
from damascus.doctor.examine import examine
from damascus.doctor.result import DoctorResult

PING = {"tool_calls": [{"index": 0, "id": "a", "function": {"name": "ping", "arguments": "{}"}}]}
WORDS = {"content": "I am a text and call nothing."}


class Server:
    """Answers for each model as told, once `together` models have been asked; None is a model that it has not got."""

    def __init__(self, answers: dict[str, dict | None], together: int) -> None:
        self.answers = answers
        self.together = together
        self.asked: list[str] = []
        self.url = ""
        self._all_asked = asyncio.Event()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        if "/chat/completions" not in head:
            writer.write(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            writer.close()
            return
        length = int(head.partition("content-length:")[2].split("\r\n")[0])
        model = json.loads(await reader.readexactly(length))["model"]
        self.asked.append(model)
        if len(set(self.asked)) >= self.together:
            self._all_asked.set()
        await self._all_asked.wait()
        delta = self.answers[model]
        status, body = ("404 Not Found", b"{}") if delta is None else ("200 OK", _stream(delta))
        kind = "text/event-stream" if delta else "application/json"
        top = f"HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
        writer.write(top.encode() + body)
        await writer.drain()
        writer.close()


def _stream(delta: dict) -> bytes:
    chunk = {"choices": [{"index": 0, "delta": delta, "finish_reason": "stop"}]}
    return b"data: " + json.dumps(chunk).encode() + b"\n\ndata: [DONE]\n\n"


@asynccontextmanager
async def serving(answers: dict[str, dict | None], together: int) -> AsyncIterator[Server]:
    model = Server(answers, together)
    listening = await asyncio.start_server(model.answer, "127.0.0.1", 0)
    async with listening:
        model.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1"
        yield model


async def models_found(folder: Path, url: str, tiers: Tiers, fallbacks: list[str]) -> dict[str, DoctorResult]:
    config = Settings(
        company=CompanySettings(home=folder / "home", shared=folder / "shared"),
        model=ModelSettings(base_url=url, tiers=tiers, fallbacks=fallbacks, retries=0),
        workshop=WorkshopSettings(),
    )
    return {found.name: found for found in await examine(config) if found.name.startswith("model")}


async def test_each_model_is_asked_once_by_itself_and_side_by_side(tmp_path: Path) -> None:
    answers = {"big": PING, "small": WORDS, "spare": None}
    async with serving(answers, together=3) as server:  # who asked one after the other would wait for ever
        tiers = Tiers(strong="big", standard="big", cheap="small")
        found = await models_found(tmp_path, server.url, tiers, ["spare", "big"])
    assert [name for name, finding in found.items() if finding.ok] == ["model (strong, standard, fallback 2)"]
    assert set(found) == {"model (strong, standard, fallback 2)", "model (cheap)", "model (fallback 1)"}
    assert server.asked.count("big") == 3  # a large request, a call, and its result
    mute, gone = found["model (cheap)"], found["model (fallback 1)"]
    assert "small" in mute.detail
    assert mute.fix == "fix that model or choose another: LLM_MODEL_CHEAP"
    assert "spare" in gone.detail
    assert gone.fix == "fix that model or choose another: `model.fallbacks` in config.yaml"


async def test_one_model_for_everything_is_one_line(tmp_path: Path) -> None:
    async with serving({"mid": WORDS}, together=1) as server:
        found = await models_found(tmp_path, server.url, Tiers(strong="mid", standard="mid", cheap="mid"), [])
    assert [(name, finding.ok) for name, finding in found.items()] == [("model", False)]
    assert found["model"].fix.endswith("choose another: LLM_MODEL")


async def test_no_model_is_the_rehearsal_and_well(tmp_path: Path) -> None:
    found = await models_found(tmp_path, "", Tiers(), [])
    assert [(name, finding.ok) for name, finding in found.items()] == [("model", True)]
