"""A quirk of a provider bites: what must come back is looked for, and refused where it is missing."""

from typing import Any

import httpx
import pytest

from damascus.doubles.model.quirks import load_quirks

REQUIRING = sorted(name for name, one in load_quirks().items() if "requires" in one.get("plays", {}))
PING = {"type": "function", "function": {"name": "ping", "parameters": {"type": "object", "properties": {}}}}


def ask(url: str, name: str, *messages: dict[str, Any]) -> httpx.Response:
    body = {
        "messages": [{"role": "user", "content": "Call the tool `ping` now."}, *messages],
        "tools": [PING],
        "rehearsal": {"fault": "quirk", "name": name},
    }
    return httpx.post(f"{url}/v1/chat/completions", json=body, timeout=20)


def result_of(message: dict[str, Any]) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": message["tool_calls"][0]["id"], "content": "pong"}


@pytest.mark.parametrize("name", REQUIRING)
def test_a_history_is_taken_as_it_came_and_refused_where_it_was_rebuilt(url: str, name: str) -> None:
    said = ask(url, name).json()["choices"][0]["message"]
    assert ask(url, name, said, result_of(said)).status_code == 200
    call = {"id": "call_1", "type": "function", "function": said["tool_calls"][0]["function"]}
    rebuilt = {"role": "assistant", "content": "", "tool_calls": [call]}
    refused = ask(url, name, rebuilt, result_of(rebuilt))
    assert (refused.status_code, refused.json()) == (400, load_quirks()[name]["plays"]["refusal"]["body"])


def test_a_quirk_that_has_no_file_is_refused_with_the_list_of_all(url: str) -> None:
    refused = ask(url, "no-such")
    assert refused.status_code == 400
    assert "kimi" in refused.text
