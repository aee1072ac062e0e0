"""The model's server as a door: whatever bytes it sends, there is an answer or one line, and the books are closed."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from damascus.core.errors import ModelRefused, ModelUnavailable
from damascus.llm.client import ModelClient
from damascus.llm.partial_response import MAX_RESPONSE_CHARS, PartialResponse
from damascus.llm.port import ModelRequest, ModelResponse
from damascus.llm.response_parser import parse_response
from damascus.llm.sse import SseParser
from tests.fixtures.fuzz import ABYSS, door, is_one_line, json_text

GOOD = {
    "choices": [
        {"index": 0, "finish_reason": "tool_calls", "delta": {
            "content": "I will.", "reasoning_content": "Shall I?", "refusal": None, "tool_calls": [
                {"index": 0, "id": "c1", "function": {"name": "finish", "arguments": '{"summary": "done"}'}}
            ]}}
    ],
    "usage": {"prompt_tokens": 100, "completion_tokens": 10, "cost": 0.001},
}  # fmt: skip
REFUSAL = {"error": {"message": "no", "type": "invalid_request_error", "code": "model_not_found", "param": "model"}}
KINDS = st.sampled_from(["text/event-stream", "application/json", "text/html", "text/plain", "\xff", ""])
SCRAP = st.sampled_from(
    [b"data: ", b"data:", b"\n", b"\r\n", b"\n\n", b": x\n", b"[DONE]", b"event: a\n", b"{}", b"\xff"]
)
EVENT = json_text(GOOD).map(lambda text: b"data: %s\n\n" % text.encode()) | SCRAP | st.binary(max_size=30)
STREAM = st.lists(EVENT, max_size=5).map(b"".join)
HEADERS = st.dictionaries(
    st.sampled_from(["retry-after", "content-encoding", "x-litellm-response-cost", "content-length", "location"]),
    st.sampled_from(
        ["0", "-1", "nan", "inf", "1e400", "\xb2", "gzip", "soon", "Thu, 01 Jan 1 00:00:09", "0.01", "http://["]
    ),
    max_size=2,
)
Hear = Callable[..., Awaitable[None]]
TEXT = json_text(GOOD).map(str.encode) | json_text(REFUSAL).map(str.encode) | st.binary(max_size=60)


def response(status: int, kind: str, headers: dict[str, str], body: bytes) -> bytes:
    lines = [f"HTTP/1.1 {status} X", f"content-type: {kind}", "connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


async def ask_once(client: ModelClient, request: ModelRequest, book: Any) -> None:
    """One call; what it comes to is kept whole by the ledger, and its money is settled, released or lost."""
    try:
        answer = await client.complete(request, book)
    except (ModelUnavailable, ModelRefused) as error:
        assert is_one_line(str(error)), repr(str(error))
        assert book.open == []
        return
    check(answer)
    assert book.open == [answer.reservation]
    await book.release(answer.reservation)


def check(answer: ModelResponse) -> None:
    texts = [answer.text, answer.reasoning, answer.finish_reason, *(call.id + call.name for call in answer.calls)]
    json.dumps([texts, [call.arguments for call in answer.calls]], allow_nan=False, ensure_ascii=False).encode()
    assert 0 <= answer.cost.cost_microusd < 2**63
    assert len(answer.finish_reason) <= 64
    assert all(1 <= len(call.id) <= 128 and 1 <= len(call.name) <= 64 for call in answer.calls)


@pytest.fixture
def hear(client_with: Any, server: Any, book: Any, reply: Any, ask: Callable[..., ModelRequest]) -> Hear:
    """One call that the server answers with just these bytes."""

    async def hear(data: bytes, **more: Any) -> None:
        server.will(reply.raw(data))
        await ask_once(shared(client_with), ask(**more), book)

    return hear


@door(5)
@given(STREAM, HEADERS)
async def test_any_stream_is_an_answer_or_one_line(
    hear: Hear, tools: Any, body: bytes, headers: dict[str, str]
) -> None:
    await hear(response(200, "text/event-stream", headers, body), tools=tools)


@door(5)
@given(
    st.sampled_from([200, 200, 201, 204, 301, 400, 401, 402, 404, 408, 422, 429, 500, 503, 999]), KINDS, HEADERS, TEXT
)
async def test_any_response_is_an_answer_or_one_line(
    hear: Hear, tools: Any, status: int, kind: str, headers: dict[str, str], body: bytes
) -> None:
    await hear(response(status, kind, headers, body), tools=tools)


@door(5)
@given(st.binary(max_size=300))
async def test_any_bytes_instead_of_http_are_one_line(hear: Hear, data: bytes) -> None:
    await hear(data)


@door(2)
@given(st.lists(STREAM, max_size=3).map(b"".join), st.lists(st.integers(0, 400), max_size=8))
@example(b'data: {}\n\ndata: {"a": 1}\n\n', [14])
def test_how_a_stream_is_cut_into_packets_changes_nothing(data: bytes, cuts: list[int]) -> None:
    whole, pieces = SseParser(), SseParser()
    expected = whole.feed(data) + whole.rest()
    places = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    found = [event for a, b in pairwise(places) for event in pieces.feed(data[a:b])]
    assert found + pieces.rest() == expected


@door(2)
@given(json_text({"summary": "done"}) | ABYSS | st.text(max_size=60), st.lists(st.integers(0, 60), max_size=4))
def test_arguments_in_any_pieces_are_the_same_arguments(text: str, cuts: list[int]) -> None:
    places = [0, *sorted(cut % (len(text) + 1) for cut in cuts), len(text)]
    pieces = [text[a:b] for a, b in pairwise(places)]
    assert arguments(*pieces) == arguments(text)


def arguments(*pieces: str) -> Any:
    draft = PartialResponse()
    for n, piece in enumerate(pieces):
        function = {"arguments": piece, **({"name": "finish"} if n == 0 else {})}
        draft.add({"choices": [{"delta": {"tool_calls": [{"index": 0, "id": "c", "function": function}]}}]})
    draft.add({"choices": [{"delta": {}, "finish_reason": "stop"}]})
    return [(call.arguments, call.problem) for call in parse_response(draft, {"finish": {}}).calls]


@pytest.mark.parametrize("field", ["content", "refusal", "reasoning", "name", "arguments", "id"])
def test_an_answer_without_end_stays_within_memory(field: str) -> None:
    draft = PartialResponse()
    text = "x" * 256 * 1024
    for n in range(3 * MAX_RESPONSE_CHARS // len(text)):
        piece = f"{n}{text}"
        call = {"index": 0, "id": piece if field == "id" else "c", "function": {field: piece}}
        draft.add({"choices": [{"delta": {field: piece, "tool_calls": [call]}}]})
    kept = draft.text + draft.refusal + draft.reasoning + "".join(map(str, draft.calls))
    assert len(kept) < 2 * MAX_RESPONSE_CHARS


@pytest.mark.parametrize("shape", ['"content":%s', '"tool_calls":[{"function":{"name":"finish","arguments":%s}}]'])
async def test_no_depth_of_an_answer_is_too_much(hear: Hear, shape: str) -> None:
    """Around the reader's own limit, and far from it: which of its frames is the one too many is chance."""
    for depth in (*range(1, 200, 40), *range(330, 340), *range(870, 1_001), 100_000):
        for nested in ('[{"text":' * depth + "1" + "}]" * depth, "[" * depth + "]" * depth):
            event = b'data: {"choices":[{"finish_reason":"stop","delta":{%s}}]}\n\n' % (shape % nested).encode()
            await hear(response(200, "text/event-stream", {}, event))


def shared(client_with: Any) -> ModelClient:
    """One client for all examples of a test, which gives up at once."""
    loop = asyncio.get_running_loop()
    if getattr(client_with, "loop", None) is not loop:
        client_with.loop, client_with.made = loop, client_with(retries=0)
    made: ModelClient = client_with.made
    return made
