"""A model with a limited context: it refuses what does not fit, in the words of those that it plays."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from damascus.doubles.model.chat_request import ChatRequest, read_request
from damascus.doubles.model.context_limit import ContextLimit
from damascus.llm.refusals import RefusalKind, refusal_kind

Spawn = Callable[..., tuple[Any, str]]


def asked(words: int, max_tokens: int = 100) -> ChatRequest:
    messages = [{"role": "user", "content": "word " * words}]
    return read_request(json.dumps({"messages": messages, "max_tokens": max_tokens}).encode())


@pytest.mark.parametrize("words", ["openai", "litellm", "llama"])
def test_what_does_not_fit_is_refused_in_words_that_the_client_knows(words: str) -> None:
    limit = ContextLimit(2_000, words)
    assert limit.refusal(asked(500)) is None
    error = (limit.refusal(asked(3_000)) or {})["error"]
    assert refusal_kind(400, f"{error['code']} {error['type']} {error['message']}") == RefusalKind.CONTEXT_FULL
    assert "2000" in error["message"]


def test_what_an_answer_may_take_counts_where_it_does() -> None:
    for words, fits in (("openai", False), ("litellm", False), ("llama", True)):
        assert (ContextLimit(2_000, words).refusal(asked(1_000, 1_500)) is None) is fits
    said = (ContextLimit(2_000).refusal(asked(1_000, 1_500)) or {})["error"]["message"]
    assert "1500 in the completion" in said


def test_without_a_limit_everything_is_taken() -> None:
    assert ContextLimit().refusal(asked(10**5)) is None


def test_a_server_refuses_it_and_counts_it(spawn: Spawn, http: httpx.Client) -> None:
    url = spawn("--context", "1000", "--context-words", "litellm")[1]
    long = {"messages": [{"role": "user", "content": "word " * 4_000}]}
    refused = http.post(f"{url}/v1/chat/completions", json=long)
    assert refused.status_code == 400
    assert "ContextWindowExceededError" in refused.json()["error"]["message"]
    short = {"messages": [{"role": "user", "content": "Hello"}]}
    assert http.post(f"{url}/v1/chat/completions", json=short).status_code == 200
    stats = http.get(f"{url}/stats").json()
    assert (stats["calls"], stats["by_fault"]) == (1, {"context": 1})
    assert 0 < stats["tokens"]["largest_input"] < 100


def test_a_summary_of_steps_is_played(http: httpx.Client, url: str) -> None:
    steps = "## Steps\n> 2 read_trail {} -> nothing\n> 3 said: I look.\n> 4 write_file {} -> created a.py\n"
    request = {"messages": [{"role": "user", "content": steps}], "user": "summary"}
    said = http.post(f"{url}/v1/chat/completions", json=request).json()["choices"][0]["message"]["content"]
    assert said == "You used read_trail 1 times, write_file 1 times. The last call, write_file, gave: created a.py"
    request["messages"][0]["content"] = "## Steps\n> (empty)"
    said = http.post(f"{url}/v1/chat/completions", json=request).json()["choices"][0]["message"]["content"]
    assert said == "Nothing was done yet."
