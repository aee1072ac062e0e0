"""A script says which calls misbehave: by role, kind, task and number."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest


@pytest.fixture
def script(url: str, http: httpx.Client) -> Any:
    def post(*steps: Any) -> httpx.Response:
        return http.post(f"{url}/script", json=list(steps))

    return post


def statuses(chat: Any, request_for: Any, role: str, count: int, **more: Any) -> list[int]:
    return [chat(request_for(role, "work", **more)).status_code for _ in range(count)]


def test_a_step_plays_once_and_for_its_role_only(script: Any, chat: Any, request_for: Any) -> None:
    script({"match": {"role": "pm"}, "fault": "500"})
    assert statuses(chat, request_for, "sales", 2) == [200, 200]
    assert statuses(chat, request_for, "pm", 3) == [500, 200, 200]


def test_a_step_begins_at_the_nth_call_and_lasts_its_times(script: Any, chat: Any, request_for: Any) -> None:
    script({"match": {"role": "pm", "nth": 2}, "fault": 429, "options": {"retry_after": 1}, "times": 2})
    assert statuses(chat, request_for, "pm", 5) == [200, 429, 429, 200, 200]


def test_zero_times_is_without_end(script: Any, chat: Any, request_for: Any) -> None:
    script({"fault": 503, "times": 0})
    assert statuses(chat, request_for, "pm", 6) == [503] * 6


def test_steps_follow_one_another(script: Any, chat: Any, request_for: Any) -> None:
    script({"fault": 500}, {"match": {"kind": "work"}, "fault": 503})
    script({"fault": 429})
    assert statuses(chat, request_for, "pm", 4) == [500, 503, 429, 200]


def test_a_step_can_name_a_task(script: Any, chat: Any, request_for: Any) -> None:
    script({"match": {"task": "task_pm_work_b"}, "fault": 500})
    assert statuses(chat, request_for, "pm", 1, key="a") == [200]
    assert statuses(chat, request_for, "pm", 1, key="b") == [500]


def test_a_step_can_give_the_answer_itself(script: Any, chat: Any, request_for: Any) -> None:
    call = {"name": "finish", "arguments": {"summary": "I did nothing."}}
    script({"answer": {"content": "So be it.", "tool_calls": [call]}}, {"answer": "Only text."})
    message = chat(request_for("pm", "work")).json()["choices"][0]["message"]
    assert message["content"] == "So be it."
    assert message["tool_calls"][0]["function"] == {"name": "finish", "arguments": '{"summary": "I did nothing."}'}
    assert chat(request_for("pm", "work")).json()["choices"][0]["message"]["content"] == "Only text."


def test_a_request_s_own_fault_does_not_use_up_a_step(script: Any, chat: Any, request_for: Any) -> None:
    script({"fault": 500})
    assert chat(request_for("pm", "work", rehearsal={"fault": 503})).status_code == 503
    assert chat(request_for("pm", "work")).status_code == 500


def test_a_given_answer_may_have_a_fault(script: Any, chat: Any, request_for: Any) -> None:
    script({"answer": {"content": "What I know of notes is this."}, "fault": "truncated"})
    choice = chat(request_for("pm", "work")).json()["choices"][0]
    assert (choice["message"]["content"], choice["finish_reason"]) == ("What I know of", "length")


def test_a_summary_can_leave_something_to_the_ceo(script: Any, chat: Any, request_for: Any) -> None:
    calls = [{"name": name, "arguments": {"summary": "It is done."}} for name in ("leave_trail", "finish")]
    script({"answer": {"tool_calls": calls}, "fault": "decisions", "options": {"questions": ["Which app?"]}})
    made = chat(request_for("vp", "synthesis")).json()["choices"][0]["message"]["tool_calls"]
    said = [json.loads(call["function"]["arguments"]) for call in made]
    assert said == [{"summary": "It is done."}, {"summary": "It is done.", "decisions": ["Which app?"]}]


def test_what_was_played_can_be_looked_up_and_forgotten(url: str, script: Any, chat: Any, request_for: Any) -> None:
    script({"match": {"role": "pm"}, "fault": 500})
    chat(request_for("pm", "work"))
    (step,) = httpx.get(f"{url}/script").json()["steps"]
    assert (step["fault"], step["played"]) == ("500", 1)
    assert httpx.delete(f"{url}/script").json() == {"steps": []}


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ({"fault": "sneeze"}, "sneeze"),
        ({"faults": "500"}, "faults"),
        ({"match": {"roll": "pm"}, "fault": "500"}, "roll"),
        ({"answer": "hi", "answers": ["hi"]}, "either"),
        ({}, "either"),
        ({"obey": False}, "obey"),
        ({"obey": True, "fault": "500"}, "either"),
        ({"fault": "500", "times": -1}, "times"),
        ({"fault": "500", "match": "pm"}, "match"),
        ({"answer": {"text": "hi"}}, "text"),
        ("500", "step 1"),
    ],
)
def test_a_wrong_step_is_refused_and_none_is_kept(url: str, script: Any, step: Any, told: str) -> None:
    response = script(step)
    assert response.status_code == 400
    assert told in response.json()["error"]["message"]
    assert httpx.get(f"{url}/script").json() == {"steps": []}


def test_a_script_can_come_from_a_file(spawn: Any, request_for: Any, tmp_path: Path) -> None:
    play = tmp_path / "play.yaml"
    play.write_text("steps:\n  - match: {role: pm}\n    fault: 429\n    options: {retry_after: 2}\n")
    _, url = spawn("--script", str(play))
    answers = [httpx.post(f"{url}/v1/chat/completions", json=request_for("pm", "work")) for _ in "ab"]
    assert [answer.status_code for answer in answers] == [429, 200]
    assert answers[0].headers["retry-after"] == "2"
