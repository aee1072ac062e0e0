"""Providers' own protocols: the rehearsal answers in them, takes its answer back, and refuses one that was rebuilt."""

import copy
import json
from typing import Any

import httpx
import pytest

PING = {"name": "ping", "input_schema": {"type": "object", "properties": {}}}
GO = "Call the tool `ping` now."
GEMINI = "/v1beta/models/gemini-3-pro:"
Body = dict[str, Any]


def post(url: str, path: str, body: Body) -> httpx.Response:
    return httpx.post(f"{url}{path}", json=body, timeout=20)


def claude(*messages: Body, **more: Any) -> Body:
    thinking = {"type": "enabled", "budget_tokens": 1024}
    opening = {"role": "user", "content": GO}
    asked = {"model": "c", "max_tokens": 2048, "messages": [opening, *messages], "tools": [PING]}
    return {**asked, "thinking": thinking, **more}


def gemini(*contents: Body) -> Body:
    opening = {"role": "user", "parts": [{"text": GO}]}
    return {"contents": [opening, *contents], "tools": [{"functionDeclarations": [{"name": "ping"}]}]}


def said_by_claude(url: str) -> tuple[Body, Body]:
    said = {"role": "assistant", "content": post(url, "/v1/messages", claude()).json()["content"]}
    call = said["content"][-1]
    result = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call["id"], "content": "pong"}]}
    return said, result


def said_by_gemini(url: str) -> tuple[Body, Body]:
    said = post(url, f"{GEMINI}generateContent", gemini()).json()["candidates"][0]["content"]
    said["parts"] = [part for part in said["parts"] if not part.get("thought")]
    return said, {"role": "user", "parts": [{"functionResponse": {"name": "ping", "response": {"content": "pong"}}}]}


def test_claude_takes_its_blocks_back_and_answers_the_result(url: str) -> None:
    said, result = said_by_claude(url)
    answer = post(url, "/v1/messages", claude(said, result))
    assert answer.status_code == 200
    assert answer.json()["content"][-1] == {"type": "text", "text": "Done."}


def without_thinking(said: Body) -> None:
    said["content"] = [block for block in said["content"] if "thinking" not in block["type"]]


def with_another_thought(said: Body) -> None:
    said["content"][0]["thinking"] = "I rebuilt this."


def with_other_data(said: Body) -> None:
    said["content"][1]["data"] += "x"


def with_an_odd_id(said: Body) -> None:
    said["content"][-1]["id"] = "functions.ping:0"


def with_an_empty_text(said: Body) -> None:
    said["content"].insert(2, {"type": "text", "text": ""})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (without_thinking, "Expected `thinking`"),
        (with_another_thought, "Invalid `signature`"),
        (with_other_data, "Invalid `data`"),
        (with_an_odd_id, "should match pattern"),
        (with_an_empty_text, "must be non-empty"),
    ],
)
def test_claude_refuses_what_it_did_not_say(url: str, change: Any, words: str) -> None:
    said, result = said_by_claude(url)
    changed = copy.deepcopy(said)
    change(changed)
    refused = post(url, "/v1/messages", claude(changed, result))
    assert refused.status_code == 400
    assert words in refused.json()["error"]["message"]


@pytest.mark.parametrize(
    ("more", "words"),
    [({"temperature": 0.2}, "may only be set to 1"), ({"max_tokens": 1024}, "must be greater than")],
)
def test_claude_refuses_what_does_not_go_with_thinking(url: str, more: Body, words: str) -> None:
    assert words in post(url, "/v1/messages", claude(**more)).json()["error"]["message"]


def test_claude_refuses_a_call_whose_result_is_missing(url: str) -> None:
    said, _ = said_by_claude(url)
    refused = post(url, "/v1/messages", claude(said, {"role": "user", "content": "and?"}))
    assert "without `tool_result` blocks" in refused.json()["error"]["message"]


def test_claude_s_stream_has_the_same_blocks(url: str) -> None:
    lines = post(url, "/v1/messages", claude(stream=True)).text.splitlines()
    events = [json.loads(line[6:]) for line in lines if line.startswith("data: ")]
    opened = [event["content_block"]["type"] for event in events if event["type"] == "content_block_start"]
    assert opened == ["thinking", "redacted_thinking", "text", "tool_use"]
    assert events[-2]["delta"]["stop_reason"] == "tool_use"
    assert events[-1] == {"type": "message_stop"}


def test_gemini_takes_its_signature_back_and_refuses_a_call_without_it(url: str) -> None:
    said, result = said_by_gemini(url)
    taken = post(url, f"{GEMINI}generateContent", gemini(said, result)).json()
    assert taken["candidates"][0]["content"]["parts"][1]["text"] == "Done."
    del said["parts"][-1]["thoughtSignature"]
    refused = post(url, f"{GEMINI}generateContent", gemini(said, result))
    assert refused.status_code == 400
    assert "missing a thought_signature" in refused.json()["error"]["message"]


def test_gemini_refuses_a_call_without_a_result_and_an_empty_text(url: str) -> None:
    said, _ = said_by_gemini(url)
    asked = {"role": "user", "parts": [{"text": "and?"}]}
    assert "number of function response parts" in post(url, f"{GEMINI}generateContent", gemini(said, asked)).text
    empty = {"role": "user", "parts": [{"text": ""}]}
    assert "must have a text" in post(url, f"{GEMINI}generateContent", gemini(empty)).text


def test_gemini_s_stream_has_the_same_parts(url: str) -> None:
    lines = post(url, f"{GEMINI}streamGenerateContent?alt=sse", gemini()).text.splitlines()
    events = [json.loads(line[6:]) for line in lines if line.startswith("data: ")]
    parts = [part for event in events for part in event["candidates"][0]["content"]["parts"]]
    assert [next(iter(part)) for part in parts] == ["text", "text", "functionCall"]
    assert events[-1]["candidates"][0]["finishReason"] == "STOP"
    assert events[-1]["usageMetadata"]["totalTokenCount"] > 0
