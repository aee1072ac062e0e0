"""Every misbehaviour of a real model can be played on purpose, for one request."""

import json
import socket
import time
from typing import Any

import httpx
import openai
import pytest

from damascus.doubles.model.faults import CONTENT_FAULTS, QUIRK, TRANSPORT_FAULTS

STATUSES = [int(name) for name in TRANSPORT_FAULTS if name.isdigit()]


@pytest.fixture
def play(chat: Any, request_for: Any) -> Any:
    """Send the PM's first request with a fault; `more` are the fault's options."""

    def send(fault: Any, stream: bool = False, **more: Any) -> httpx.Response:
        body = request_for("pm", "work", deliverable="report `ideas`", rehearsal={"fault": fault, **more})
        return chat({**body, "stream": stream, "stream_options": {"include_usage": stream}})

    return send


def message(response: httpx.Response) -> Any:
    assert response.status_code == 200
    return response.json()["choices"][0]["message"]


def test_every_fault_is_described(url: str) -> None:
    described = httpx.get(f"{url}/faults").json()
    assert set(described) == {QUIRK, *CONTENT_FAULTS, *TRANSPORT_FAULTS}
    assert all(len(text) > 10 for text in described.values())


@pytest.mark.parametrize("fault", sorted(CONTENT_FAULTS))
@pytest.mark.parametrize("stream", [False, True])
def test_every_fault_of_speech_is_still_legal_http_and_json(play: Any, fault: str, stream: bool) -> None:
    response = play(fault, stream, bytes=10_000)
    assert response.status_code == 200
    if stream:
        assert response.text.endswith("data: [DONE]\n\n")
        for line in response.text.split("\n\n")[:-2]:
            json.loads(line.removeprefix("data: "))
    else:
        assert response.json()["choices"]


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("stream", [False, True])
def test_a_status_is_answered_in_openai_s_error_shape(play: Any, status: int, stream: bool) -> None:
    response = play(status, stream, retry_after=7, param="temperature", message="no such thing")
    assert response.status_code == status
    assert response.headers["retry-after"] == "7"
    error = response.json()["error"]
    assert (error["message"], error["param"]) == ("no such thing", "temperature")
    assert "retry-after" not in play(status).headers


async def test_openai_s_client_takes_a_429_for_what_it_is(url: str, request_for: Any) -> None:
    async with openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as client:
        with pytest.raises(openai.RateLimitError) as caught:
            await client.chat.completions.create(
                **request_for("pm", "work"), extra_body={"rehearsal": {"fault": "429", "retry_after": 3}}
            )
    assert caught.value.response.headers["retry-after"] == "3"


@pytest.mark.parametrize("stream", [False, True])
def test_a_drop_closes_the_connection_before_any_answer(play: Any, stream: bool) -> None:
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        play("drop", stream)


@pytest.mark.parametrize("stream", [False, True])
def test_a_cut_closes_it_in_the_middle(url: str, request_for: Any, stream: bool) -> None:
    body = request_for("pm", "work", deliverable="report `ideas`", rehearsal={"fault": "cut"}, stream=stream)
    got: list[bytes] = []
    with httpx.stream("POST", f"{url}/v1/chat/completions", json=body) as response:
        assert response.status_code == 200
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            got.extend(response.iter_raw())
    assert len(b"".join(got)) > 100
    assert b"[DONE]" not in b"".join(got)


def test_a_hang_answers_nothing_until_the_caller_gives_up(url: str, request_for: Any) -> None:
    body = request_for("pm", "work", rehearsal={"fault": "hang"})
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{url}/v1/chat/completions", json=body, timeout=httpx.Timeout(60, read=0.3))


def test_a_hang_can_end_by_itself(play: Any) -> None:
    started = time.monotonic()
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        play("hang", seconds=0.3)
    assert time.monotonic() - started >= 0.3


@pytest.mark.parametrize("stream", [False, True])
def test_a_drip_comes_slowly_and_whole(play: Any, stream: bool) -> None:
    started = time.monotonic()
    response = play("drip", stream, bytes=400, every=0.05)
    assert time.monotonic() - started > 0.15
    assert len(response.content) > 1000
    assert response.text.endswith("[DONE]\n\n") if stream else response.json()["choices"]


def test_a_proxy_s_page_comes_instead_of_an_answer(play: Any) -> None:
    response = play("wrong_content_type")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/html")


def test_tool_calls_stand_bare_in_the_content(play: Any, request_for: Any, chat: Any) -> None:
    answer = message(play("bare_json"))
    assert "tool_calls" not in answer
    assert {call["name"] for call in json.loads(answer["content"])} == {"leave_trail"}
    one = message(chat(request_for("vp", "plan", rehearsal={"fault": "bare_json"})))
    assert json.loads(one["content"])["name"] == "submit_plan"


def test_tool_calls_stand_in_a_fence(play: Any) -> None:
    before, _, rest = message(play("fenced_json"))["content"].partition("```json\n")
    assert before
    assert json.loads(rest.partition("\n```")[0])[0]["name"] == "leave_trail"


def test_arguments_need_repair_or_are_beyond_it(play: Any) -> None:
    for fault in ("malformed_arguments", "broken_arguments"):
        for call in message(play(fault))["tool_calls"]:
            with pytest.raises(json.JSONDecodeError):
                json.loads(call["function"]["arguments"])
    assert message(play("malformed_arguments"))["tool_calls"][0]["function"]["arguments"].startswith(
        '{"kind": "finding"'
    )


def test_a_tool_that_nobody_offered_is_called(play: Any) -> None:
    (call,) = message(play("unknown_tool"))["tool_calls"]
    assert call["function"]["name"] == "launch_rocket"
    (call,) = message(play("unknown_tool", name="sudo"))["tool_calls"]
    assert call["function"]["name"] == "sudo"


def test_it_says_nothing_or_refuses_or_only_talks(play: Any) -> None:
    assert message(play("empty"))["content"] is None
    assert "can't help" in message(play("refusal"))["refusal"]
    prose = message(play("no_tools"))
    assert len(prose["content"]) > 20
    assert not any("tool_calls" in message(play(fault)) for fault in ("empty", "refusal", "no_tools"))


def test_a_truncated_answer_says_so(play: Any) -> None:
    response = play("truncated")
    assert response.json()["choices"][0]["finish_reason"] == "length"
    with pytest.raises(json.JSONDecodeError):
        json.loads(message(response)["tool_calls"][-1]["function"]["arguments"])


def test_a_loop_makes_the_same_call_each_time(play: Any) -> None:
    calls = [
        message(play("loop", name="list_files", arguments={"path": "."}))["tool_calls"][0]["function"] for _ in "ab"
    ]
    assert calls[0] == calls[1] == {"name": "list_files", "arguments": '{"path": "."}'}


def test_usage_is_absurd_negative_or_absent(play: Any) -> None:
    assert play("wrong_usage").json()["usage"]["prompt_tokens"] == 10**12
    negative = play("negative_usage")
    assert negative.json()["usage"]["completion_tokens"] == -1000
    assert float(negative.headers["x-litellm-response-cost"]) == -5
    absent = play("no_usage")
    assert "usage" not in absent.json()
    assert "x-litellm-response-cost" not in absent.headers
    assert '"cost": -5.0' in play("negative_usage", stream=True).text
    assert "prompt_tokens" not in play("no_usage", stream=True).text


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_can_be_ten_megabytes_long(play: Any, stream: bool) -> None:
    assert len(play("huge", stream).content) > 10_000_000


def test_a_reasoning_model_thinks_aloud_first(play: Any) -> None:
    answer = message(play("reasoning"))
    assert answer["reasoning_content"]
    assert answer["tool_calls"]
    first = play("reasoning", stream=True).text.split("\n\n")[0]
    assert json.loads(first.removeprefix("data: "))["choices"][0]["delta"]["reasoning_content"]


def test_the_server_outlives_every_fault_and_a_caller_who_sends_rubbish(url: str, play: Any) -> None:
    with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as caller:
        caller.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 500\r\n\r\n{half")
    for fault in ("drop", "cut"):
        with pytest.raises(httpx.TransportError):
            play(fault)
    assert message(play("")).get("tool_calls")
