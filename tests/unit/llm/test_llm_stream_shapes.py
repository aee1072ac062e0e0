"""One call through the real client for each shape in which servers of models send a response (doubles/model/quirks)."""

import pytest

from damascus.core.errors import DamascusError
from damascus.core.records.turns import ProviderFields
from damascus.doubles.model.quirks import load_quirks
from damascus.llm.port import ToolSpec

TEXT = {"type": "string"}
TOOLS = tuple(
    ToolSpec(name, "", {"type": "object", "properties": properties})
    for name, properties in {
        "write_file": {"path": TEXT, "content": TEXT},
        "finish": {"summary": TEXT, "files": {"type": "array"}},
        "list_files": {},
    }.items()
)
SHAPES = {f"{quirk}: {shape['name']}": shape for quirk, data in load_quirks().items() for shape in data["streams"]}


def sent(shape, reply):
    if "status" in shape:
        return reply.status(shape["status"], shape["body"], **shape.get("headers", {}))
    if "bytes" in shape:
        return reply.raw(reply.head() + shape["bytes"].encode())
    if "whole" in shape:
        return reply.status(200, {"choices": [{"index": 0, "message": shape["whole"], "finish_reason": "stop"}]})
    if "body" in shape:
        return reply.status(200, shape["body"])
    if "events" in shape:
        return reply.stream(*shape["events"])
    text, size = shape.get("content", ""), shape.get("cut", 10**6)
    pieces = [{"content": text[at : at + size]} for at in range(0, len(text), size)] if text else shape["deltas"]
    has_calls = any("tool_calls" in piece for piece in pieces)
    end = reply.delta(shape.get("finish", "tool_calls" if has_calls else "stop"))
    return reply.stream(*(reply.delta(**piece) for piece in pieces), end)


def test_there_are_enough_of_them():
    assert len(SHAPES) >= 80


@pytest.mark.parametrize("name", [name for name, shape in SHAPES.items() if "then" not in shape])
async def test_a_response_of_this_shape_is_understood(name, client_with, server, book, reply, ask):
    shape = SHAPES[name]
    server.will(sent(shape, reply))
    client = client_with(retries=0)
    if "error" in shape:
        with pytest.raises(DamascusError) as caught:
            await client.complete(ask(tools=TOOLS), book)
        words = [shape["error"]] if isinstance(shape["error"], str) else shape["error"]
        assert [word for word in words if word not in str(caught.value)] == []
        return
    found = await client.complete(ask(tools=TOOLS), book)
    assert [{call.name: call.arguments} for call in found.calls] == shape.get("calls", [])
    if "text" in shape:
        assert found.text == shape["text"]
    if "reasoning" in shape:
        assert found.reasoning == shape["reasoning"]
    assert shape.get("problem", "") in ((found.calls and found.calls[-1].problem) or "")
    if not shape.get("problem"):
        assert all(call.problem is None for call in found.calls)
    if "id_chars" in shape:
        assert len(found.calls[0].id) == shape["id_chars"]
    kept = {**(found.provider.message or {}), **(found.provider.calls or {})}
    assert {key: kept.get(key) for key in shape.get("kept", {})} == shape.get("kept", {})


HISTORY = [
    {"role": "system", "content": "You work here."},
    {"role": "user", "content": "Go."},
    {"role": "assistant", "content": "", "provider": ProviderFields("mid", {"reasoning": "Hm."}),
     "tool_calls": [{"id": "a", "type": "function", "function": {"name": "list_files", "arguments": "{}"}}]},
    {"role": "tool", "tool_call_id": "a", "content": "none"},
]  # fmt: skip


def of_request(body, name):
    if name == "roles":
        return [message["role"] for message in body["messages"]]
    if not name.startswith("history."):
        return body.get(name)
    said = next(message for message in body["messages"] if message["role"] == "assistant")
    return {**said, **said["tool_calls"][0]}.get(name.removeprefix("history."))


@pytest.mark.parametrize("name", [name for name, shape in SHAPES.items() if "then" in shape])
async def test_after_a_refusal_of_this_shape_it_asks_for_what_the_server_takes(
    name, client_with, server, book, reply, ask
):
    shape = SHAPES[name]
    server.will(sent(shape, reply), reply.says())
    found = await client_with(retries=0).complete(ask(messages=HISTORY, tools=TOOLS), book)
    assert found.text == "Hello."
    assert len(server.seen) == 2
    assert {field: of_request(server.seen[1].body, field) for field in shape["then"]} == shape["then"]
