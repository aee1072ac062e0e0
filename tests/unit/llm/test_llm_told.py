"""What servers tell of a model besides its answers is read where each of them tells it; all else tells nothing."""

import asyncio
import json
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import yaml
from hypothesis import given

from damascus.core.clock import FixedClock
from damascus.core.settings import ModelSettings, NamedModel
from damascus.llm.client import ModelClient
from damascus.llm.lookups import LOOK_UP_SECONDS
from damascus.llm.told import LISTS, ToldModel, places_of
from tests.fixtures.fuzz import ANYTHING

URL = "http://127.0.0.1:1234/v1"
TOLD = yaml.safe_load((Path(__file__).parent / "told.yaml").read_text())
PLACES = {question.path.removeprefix("http://127.0.0.1:1234"): question for question in (*LISTS, *places_of(URL))}


@pytest.mark.parametrize("row", TOLD, ids=[f"{n} {row['path']}" for n, row in enumerate(TOLD)])
def test_each_server_is_read_where_it_tells(row):
    told = ToldModel(row.get("window"), row.get("max_output"), row.get("server", ""), row.get("vision"))
    assert PLACES[row["path"]].read(row["answer"], "m") == told


@pytest.mark.parametrize("number", [0, -1, True, 2.5, "lots", "٣٤٥", 10**10, None, [], {"n": 1}])
def test_what_is_not_a_number_of_tokens_tells_nothing(number):
    assert PLACES["/models"].read({"data": [{"id": "m", "max_model_len": number}]}, "m") == ToldModel()


@given(ANYTHING)
def test_any_answer_at_any_place_tells_something_or_nothing(answer):
    for question in PLACES.values():
        assert isinstance(question.read(answer, "m"), ToldModel)


@pytest.mark.parametrize("url", ["http://h:1", "http://h:1/", "http://h:1/v1", "http://h:1/v1/"])
def test_the_places_of_particular_servers_are_at_their_root(url):
    assert places_of(url)[0].path == "http://h:1/api/ps"
    assert places_of("http://h:1/proxy/v1?x=1")[0].path == "http://h:1/proxy/api/ps"


class Server:
    """Tells `told` at its paths, and answers every chat with one word."""

    def __init__(self, told):
        self.told, self.asked, self.url = told, [], ""

    async def serve(self, reader, writer):
        while head := (await reader.readuntil(b"\r\n\r\n")).decode():
            length = int(head.lower().partition("content-length: ")[2].split("\r\n")[0] or 0)
            sent, path = await reader.readexactly(length), head.split()[1]
            chat = {"choices": [{"message": {"content": "Hi."}, "finish_reason": "stop"}]}
            found = chat if path.endswith("/chat/completions") else self.told.get(path)
            self.asked.append((path, json.loads(sent) if sent else None))
            body, status = json.dumps(found).encode(), "404 X" if found is None else "200 OK"
            writer.write(
                f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n".encode()
                + body
            )

    def paths(self):
        return [path for path, _ in self.asked]

    def chats(self):
        return [sent for path, sent in self.asked if path.endswith("/chat/completions")]


@asynccontextmanager
async def serving(told, clock, **known):
    server = Server(told)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1"
    tiers = {"strong": "m", "standard": "m", "cheap": "m"}
    named = {"m": NamedModel.model_validate({"price": "free", **known})}
    client = ModelClient(ModelSettings(tiers=tiers), server.url, clock, named)
    yield server, client
    await client.close()
    listening.close()


VLLM = {"/v1/models": {"data": [{"id": "m", "max_model_len": 3_000}]}}


async def test_what_a_server_tells_bounds_what_is_sent_from_the_first_request_on(book, ask):
    async with serving(VLLM, FixedClock()) as (server, client):
        await client.complete(ask(max_tokens=8_000), book)
    (chat,) = server.chats()
    assert 2_500 < chat["max_tokens"] < 3_000


async def test_a_server_is_asked_seldom_and_not_at_more_places_than_need_be(book, ask):
    clock = FixedClock()
    async with serving(VLLM, clock) as (server, client):
        await asyncio.gather(*(client.complete(ask(), book) for _ in range(3)))
        assert sorted(server.paths())[-2:] == ["/v1/model/info", "/v1/models"]
        await clock.sleep(LOOK_UP_SECONDS - 1)
        await client.complete(ask(), book)
        assert server.paths().count("/v1/models") == 1
        await clock.sleep(2)
        await client.complete(ask(), book)
        assert server.paths().count("/v1/models") == 2


async def test_ollama_is_asked_by_the_models_name(book, ask):
    told = {"/api/show": {"modelfile": "FROM m", "parameters": "num_ctx 2000"}}
    async with serving(told, FixedClock()) as (server, client):
        await client.complete(ask(max_tokens=8_000), book)
    assert ("/api/show", {"model": "m"}) in server.asked
    assert server.chats()[0]["max_tokens"] < 2_000


async def test_the_settings_go_before_what_a_server_tells_which_is_not_even_asked(book, ask):
    async with serving(VLLM, FixedClock(), context_window=20_000) as (server, client):
        await client.complete(ask(max_tokens=8_000), book)
    assert server.paths() == ["/v1/chat/completions"]
    assert server.chats()[0]["max_tokens"] == 8_000


async def test_a_server_that_tells_nothing_is_used_all_the_same(book, ask):
    async with serving({}, FixedClock()) as (server, client):
        await client.complete(ask(max_tokens=8_000), book)
    assert server.chats()[0]["max_tokens"] == 8_000


STEP = [{"role": "assistant", "content": "x" * 600}, {"role": "user", "content": "y"}]
OPENING = [{"role": "system", "content": "s"}, {"role": "user", "content": "go"}]


async def test_a_conversation_is_shortened_before_it_overflows_the_window(book, ask):
    async with serving({}, FixedClock(), context_window=3_000) as (server, client):
        await client.complete(ask(messages=OPENING + STEP * 16, max_tokens=2_000), book)
        await client.complete(ask(messages=OPENING + STEP * 8, max_tokens=2_000), book)
    long, short = server.chats()
    assert len(long["messages"]) == 2 + 8 * 2
    assert "left out" in long["messages"][1]["content"]
    assert len(short["messages"]) == 2 + 8 * 2
    for sent in (long, short):
        assert sent["max_tokens"] + len(json.dumps(sent)) // 3 <= 3_050


async def test_what_cannot_be_shortened_is_sent_with_room_for_some_of_an_answer(book, ask):
    async with serving({}, FixedClock(), context_window=3_000) as (server, client):
        await client.complete(ask("x" * 12_000, max_tokens=2_000), book)
    assert server.chats()[0]["max_tokens"] == 750
