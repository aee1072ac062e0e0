"""A local model: it loads first, writes slowly, thinks, and drops what its window does not hold."""

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from damascus.core.errors import Invalid
from damascus.doubles.model.chat_request import ChatRequest, read_request
from damascus.doubles.model.local_model import LocalModel
from damascus.doubles.model.scripted_answer import ScriptedAnswer, ScriptedCall

Spawn = Callable[..., tuple[Any, str]]
HELLO = {"messages": [{"role": "user", "content": "Hello"}]}
TOOLS = [{"type": "function", "function": {"name": "ping", "description": "Answers a test. " * 10}}]
SYSTEM = {"role": "system", "content": "You are staff."}


def asked(*messages: dict[str, Any], tools: Any = None) -> ChatRequest:
    return read_request(json.dumps({"messages": list(messages), "tools": tools or []}).encode())


def said(role: str, content: str, **more: Any) -> dict[str, Any]:
    return {"role": role, "content": content, **more}


def test_the_first_request_begins_the_loading_and_those_behind_it_wait_for_the_rest() -> None:
    local = LocalModel(loading=45)
    assert [local.seconds_to_load(now) for now in (100, 130, 145, 500)] == [45, 15, 0, 0]
    assert LocalModel().seconds_to_load(100) == 0


def test_a_request_that_fits_is_read_whole() -> None:
    request = asked(SYSTEM, said("user", "Hello"), tools=TOOLS)
    assert LocalModel(window=200).as_read(request) is request
    assert LocalModel().as_read(request) is request
    assert LocalModel(window=200).prompt_tokens(request) < 200


def test_the_oldest_messages_go_first_and_a_result_keeps_its_call() -> None:
    calls = [{"id": "a", "type": "function", "function": {"name": "ping", "arguments": "{}"}}]
    old, call, result = said("user", "word " * 300), said("assistant", "", tool_calls=calls), said("tool", "pong")
    read = LocalModel(window=200).as_read(asked(SYSTEM, old, said("user", "Go on"), call, result, tools=TOOLS))
    assert [message["role"] for message in read.messages] == ["system", "user", "assistant", "tool"]
    assert read.messages[1]["content"] == "Go on"
    assert read.tools == {"ping"}
    shorter = LocalModel(window=130).as_read(asked(SYSTEM, old, said("user", "x " * 50), call, result, tools=TOOLS))
    assert [message["role"] for message in shorter.messages] == ["system", "assistant", "tool"]


def test_what_is_kept_of_a_call_and_its_long_result_is_the_results_end() -> None:
    calls = [{"id": "a", "type": "function", "function": {"name": "ping", "arguments": "{}"}}]
    call, result = said("assistant", "I look it up.", tool_calls=calls), said("tool", f"{'word ' * 900}END")
    read = LocalModel(window=100).as_read(asked(SYSTEM, said("user", "Go on"), call, result, tools=TOOLS))
    assert [message["role"] for message in read.messages] == ["assistant", "tool"]
    assert read.messages[0]["content"] == ""
    assert read.messages[1]["content"].endswith("END")
    assert len(read.messages[1]["content"]) == 400


def test_a_last_message_that_is_too_long_costs_the_tools_and_its_own_front() -> None:
    request = asked(SYSTEM, said("user", f"FRONT {'word ' * 900}END"), tools=TOOLS)
    local = LocalModel(window=100)
    read = local.as_read(request)
    assert [message["role"] for message in read.messages] == ["user"]
    assert read.messages[0]["content"].endswith("END")
    assert "FRONT" not in read.messages[0]["content"]
    assert read.tools == frozenset()
    assert local.prompt_tokens(request) == 100


def test_of_what_is_too_long_half_of_the_window_may_be_kept() -> None:
    request = asked(SYSTEM, said("user", f"FRONT {'word ' * 900}END"), tools=TOOLS)
    local = LocalModel(window=200, keeps_half=True)
    assert local.prompt_tokens(request) == 100
    assert len(local.as_read(request).messages[0]["content"]) == 400
    fits = asked(SYSTEM, said("user", "word " * 100))
    assert 100 < local.prompt_tokens(fits) < 200
    assert local.as_read(fits) is fits


def test_a_request_is_read_before_the_first_byte_and_others_wait_for_their_turn(
    spawn: Spawn, http: httpx.Client
) -> None:
    url = spawn("--reading", "100", "--one-at-a-time")[1]
    body = {"messages": [said("user", "a " * 150)]}

    def ask(_: int) -> float:
        began = time.monotonic()
        assert http.post(f"{url}/v1/chat/completions", json=body).is_success
        return time.monotonic() - began

    with ThreadPoolExecutor(2) as both:
        took = sorted(both.map(ask, range(2)))
    reading = http.post(f"{url}/v1/chat/completions", json=body).json()["usage"]["prompt_tokens"] / 100
    assert took[0] >= reading > 0.5
    assert took[1] >= 1.9 * reading


def test_words_of_one_letter_are_a_token_each() -> None:
    assert LocalModel(window=8_000).prompt_tokens(asked(said("user", "a " * 5_000))) > 5_000


@pytest.mark.parametrize(
    ("max_tokens", "reasoning", "text", "arguments"),
    [(None, 40, "Done now", ['{"a": 1}']),
     (14, 40, "Done now", ['{"a"']), (12, 40, "Done now", []), (11, 40, "Done", []),
     (10, 40, "", []), (4, 16, "", [])],
)  # fmt: skip
def test_an_answer_ends_where_its_tokens_end_and_thinking_counts(
    max_tokens: int | None, reasoning: int, text: str, arguments: list[str]
) -> None:
    answer = LocalModel(thinking=10).spoken(ScriptedAnswer("Done now", (ScriptedCall("ping", {"a": 1}),)), max_tokens)
    assert (len(answer.reasoning), answer.text) == (reasoning, text)
    assert [call.json for call in answer.calls] == arguments
    assert answer.finish == ("tool_calls" if max_tokens is None else "length")


def test_a_limit_above_the_answer_cuts_nothing_and_other_models_know_none() -> None:
    answer = ScriptedAnswer("Done now")
    assert LocalModel(speed=9).spoken(answer, 2) == answer
    assert LocalModel().spoken(answer, 1) == answer


def test_it_loads_once_then_writes_so_many_tokens_a_second_a_piece_each(spawn: Spawn, http: httpx.Client) -> None:
    url = spawn("--loading", "0.6", "--speed", "100", "--thinking", "20", "--window", "4096")[1]
    took, answers = [], []
    for _ in range(2):
        began = time.monotonic()
        answers.append(http.post(f"{url}/v1/chat/completions", json={**HELLO, "model": "qwen3:8b"}).json())
        took.append(time.monotonic() - began)
    usage = answers[0]["usage"]
    assert usage["completion_tokens"] > 20
    assert "cost" not in usage
    assert took[0] >= 0.6 + usage["completion_tokens"] / 100
    assert took[1] >= usage["completion_tokens"] / 100
    assert http.get(f"{url}/stats").json()["by_fault"] == {"loading": 1}
    body = {**HELLO, "stream": True, "max_tokens": 15}
    events = http.post(f"{url}/v1/chat/completions", json=body).text.split("\n\n")
    assert len([event for event in events if "reasoning_content" in event]) == 15
    assert '"finish_reason": "length"' in events[-3]


def test_it_may_refuse_while_it_loads(spawn: Spawn, http: httpx.Client) -> None:
    url = spawn("--loading", "600", "--while-loading", "refuse")[1]
    refused = http.post(f"{url}/v1/chat/completions", json=HELLO)
    assert (refused.status_code, refused.json()["error"]["message"]) == (503, "Loading model")


def test_a_limit_that_is_no_number_limits_nothing() -> None:
    for value in (None, "many", 0, -1):
        assert read_request(json.dumps({**HELLO, "max_tokens": value}).encode()).max_tokens is None
    assert read_request(json.dumps({**HELLO, "max_completion_tokens": 7}).encode()).max_tokens == 7
    with pytest.raises(Invalid):
        read_request(b"{}")
