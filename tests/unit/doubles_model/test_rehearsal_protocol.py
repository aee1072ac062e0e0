"""The server speaks OpenAI's protocol, to plain HTTP and to OpenAI's own client."""

import json
import time
from typing import Any

import httpx
import openai
import pytest


@pytest.fixture
async def client(url: str) -> Any:
    async with openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as client:
        yield client


def events(response: httpx.Response) -> list[Any]:
    lines = [line.removeprefix("data: ") for line in response.text.split("\n\n") if line]
    assert lines[-1] == "[DONE]"
    return [json.loads(line) for line in lines[:-1]]


def test_a_whole_answer_has_openai_s_shape_and_its_cost_in_a_header(chat: Any, request_for: Any) -> None:
    response = chat(request_for("pm", "work", deliverable="report `ideas`"))
    body = response.json()
    assert body["object"] == "chat.completion"
    assert body["choices"][0]["finish_reason"] == "tool_calls"
    message = body["choices"][0]["message"]
    assert message["role"] == "assistant"
    assert json.loads(message["tool_calls"][0]["function"]["arguments"])["kind"] == "finding"
    usage = body["usage"]
    expected = usage["prompt_tokens"] * 0.15e-6 + usage["completion_tokens"] * 0.60e-6
    assert float(response.headers["x-litellm-response-cost"]) == pytest.approx(expected, abs=1e-9)
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"] > 100


def test_a_stream_adds_up_to_the_whole_answer(chat: Any, request_for: Any) -> None:
    whole = chat(request_for("pm", "work", deliverable="report `ideas`")).json()
    streamed = chat(
        request_for("pm", "work", deliverable="report `ideas`", stream=True, stream_options={"include_usage": True})
    )
    assert streamed.headers["content-type"].startswith("text/event-stream")
    *chunks, last = events(streamed)
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    assert deltas[0]["role"] == "assistant"
    assert "".join(delta.get("content", "") for delta in deltas) == whole["choices"][0]["message"]["content"]
    arguments: dict[int, str] = {}
    for delta in deltas:
        for call in delta.get("tool_calls", []):
            arguments[call["index"]] = arguments.get(call["index"], "") + call["function"]["arguments"]
    expected = [call["function"]["arguments"] for call in whole["choices"][0]["message"]["tool_calls"]]
    assert list(arguments.values()) == expected
    assert chunks[-1]["choices"][0]["finish_reason"] == "tool_calls"
    assert last["choices"] == []
    assert last["usage"]["cost"] > 0
    assert last["usage"]["completion_tokens"] == whole["usage"]["completion_tokens"]


def test_a_stream_tells_no_usage_that_was_not_asked_for(chat: Any, request_for: Any) -> None:
    for event in events(chat(request_for("pm", "work", stream=True))):
        assert "usage" not in event
        assert event["choices"]


async def test_openai_s_client_reads_a_whole_answer(client: Any, request_for: Any) -> None:
    answer = await client.chat.completions.create(**request_for("vp", "plan"))
    (call,) = answer.choices[0].message.tool_calls
    assert call.function.name == "submit_plan"
    assert answer.usage.completion_tokens > 100


async def test_openai_s_client_reads_a_stream(client: Any, request_for: Any) -> None:
    request = request_for("vp", "plan", stream=True, stream_options={"include_usage": True})
    chunks = [chunk async for chunk in await client.chat.completions.create(**request)]
    names = [c.function.name for chunk in chunks if chunk.choices for c in chunk.choices[0].delta.tool_calls or []]
    assert [name for name in names if name] == ["submit_plan"]
    assert chunks[-1].usage.cost > 0


async def test_openai_s_client_lists_models_and_gets_embeddings(client: Any) -> None:
    assert [model.id async for model in client.models.list()] == ["rehearsal"]
    texts = ["invoices for freelancers", "freelancers write invoices", "a bakery counts flour"]
    first, near, far = [row.embedding for row in (await client.embeddings.create(model="rehearsal", input=texts)).data]
    again = (await client.embeddings.create(model="rehearsal", input=texts[0])).data[0].embedding
    assert first == again
    assert sum(value * value for value in first) == pytest.approx(1, abs=1e-5)
    assert _dot(first, near) > _dot(first, far) + 0.2


def _dot(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("chat/completions", b"{not json"),
        ("chat/completions", b"[]"),
        ("chat/completions", b'{"messages": []}'),
        ("chat/completions", b'{"messages": ["hello"]}'),
        ("chat/completions", b'{"messages": [{"role": "user"}], "tools": [{"name": "old style"}]}'),
        ("chat/completions", b'{"messages": [{"role": "user"}], "metadata": "task"}'),
        ("chat/completions", b'{"messages": [{"role": "user"}], "rehearsal": {"fault": "sneeze"}}'),
        ("chat/completions", b'{"messages": [{"role": "user"}], "rehearsal": {"latency": "long"}}'),
        ("embeddings", b'{"input": []}'),
        ("embeddings", b'{"input": {"text": "x"}}'),
        ("embeddings", b'{"input": "x", "dimensions": 1000000}'),
    ],
)
def test_what_is_not_openai_s_shape_is_refused_in_openai_s_shape(url: str, path: str, body: bytes) -> None:
    response = httpx.post(f"{url}/v1/{path}", content=body)
    assert response.status_code == 400
    assert response.json()["error"]["type"] == "invalid_request_error"
    assert len(response.json()["error"]["message"]) > 10


def test_strange_but_legal_messages_are_answered(chat: Any) -> None:
    odd = [
        {"role": "user", "content": [{"type": "text", "text": "hi"}]},
        {"role": "assistant", "content": None, "tool_calls": None},
        {"role": "assistant", "tool_calls": [{"id": "a", "function": {"name": "f", "arguments": "{broken"}}]},
        {"role": "tool", "tool_call_id": "other", "content": None},
        {"role": "user", "content": "emoji \U0001f680 and \u0000"},
    ]
    assert chat({"messages": odd}).status_code == 200


def test_the_key_is_asked_for_only_when_one_is_set(spawn: Any, url: str) -> None:
    _, locked = spawn("--api-key", "sesame")
    body = {"messages": [{"role": "user", "content": "hi"}]}
    for headers in ({}, {"authorization": "Bearer wrong"}, {"authorization": "sesame"}):
        refused = httpx.post(f"{locked}/v1/chat/completions", json=body, headers=headers)
        assert refused.status_code == 401
        assert refused.json()["error"]["code"] == "invalid_api_key"
    right = {"authorization": "Bearer sesame"}
    assert httpx.post(f"{locked}/v1/chat/completions", json=body, headers=right).status_code == 200
    assert httpx.get(f"{locked}/v1/models").status_code == 401
    assert httpx.get(f"{locked}/health").status_code == 200
    assert httpx.post(f"{url}/v1/chat/completions", json=body).status_code == 200


@pytest.mark.parametrize("stream", [False, True])
def test_the_latency_is_the_time_to_the_last_byte(chat: Any, request_for: Any, stream: bool) -> None:
    started = time.monotonic()
    response = chat(request_for("vp", "plan", stream=stream, rehearsal={"latency": 2}))
    took = time.monotonic() - started
    assert response.status_code == 200
    assert 1.9 < took < 12  # eight chunks that each waited would take 16


def test_a_stream_is_spread_over_the_latency(url: str, request_for: Any) -> None:
    body = request_for("vp", "plan", stream=True, rehearsal={"latency": 2})
    arrivals: list[float] = []
    with httpx.stream("POST", f"{url}/v1/chat/completions", json=body) as response:
        arrivals = [time.monotonic() for _ in response.iter_raw()]
    assert len(arrivals) > 4
    assert arrivals[-1] - arrivals[0] > 0.5
