"""Script files: a name, a plan and generated content, played for the directives that ask for them."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from damascus.core.errors import Invalid, Misconfigured
from damascus.doubles.model.chat_request import ChatRequest, read_request
from damascus.doubles.model.generators import expand
from damascus.doubles.model.script import Script, load_steps, read_steps

FILE = """
name: chatty
sentence: It talks too much.
plan: [pm report, engineer code]
steps:
  - match: {role: pm, kind: work}
    times: 0
    answers:
      - content: one
      - tool_calls: [{name: leave_trail, arguments: {text: {$repeat: "ha<n>", times: 3}}}]
"""


def ask(request: dict[str, Any]) -> ChatRequest:
    return read_request(json.dumps(request).encode())


def said(script: Script, request: dict[str, Any]) -> Any:
    asked = ask(request)
    step = script.next(asked)
    return step.answer(asked) if step else None


def test_a_file_with_a_name_plays_for_directives_that_begin_with_it_only(request_for: Any) -> None:
    script = Script(read_steps(yaml.safe_load(FILE)))
    assert said(script, request_for("pm", "work", "Compare note apps")) is None
    assert said(script, request_for("pm", "work", "Talk as in [chatty]")) is None
    assert said(script, request_for("pm", "work", "[chatty] Compare note apps")).text == "one"


def test_answers_are_given_in_turn_and_count(request_for: Any) -> None:
    script = Script(read_steps(yaml.safe_load(FILE)))
    answers = [said(script, request_for("pm", "work", "[chatty] Compare")) for _ in range(4)]
    assert [answer.text for answer in answers] == ["one", "", "one", ""]
    assert [answer.calls[0].arguments["text"] for answer in answers if answer.calls] == ["ha2ha2ha2", "ha4ha4ha4"]


def test_the_vp_plans_what_the_file_says_with_new_names_for_each_plan(request_for: Any) -> None:
    script = Script(read_steps(yaml.safe_load(FILE)))
    plans = [said(script, request_for("vp", "plan", "[chatty] Compare")).calls[0].arguments["tasks"] for _ in "ab"]
    assert [[task["key"] for task in plan] for plan in plans] == [
        ["pm-1-1", "engineer-2-1"],
        ["pm-1-2", "engineer-2-2"],
    ]
    assert [task["deliverable"]["kind"] for task in plans[0]] == ["report", "code"]


def test_every_takes_each_so_many_th_call(request_for: Any) -> None:
    script = Script(read_steps([{"match": {"every": 3}, "answer": "third", "times": 0}]))
    answers = [said(script, request_for("pm", "work")) for _ in range(7)]
    assert [answer is not None for answer in answers] == [False, False, True, False, False, True, False]


def test_an_answer_may_repeat_what_a_tool_gave_back(request_for: Any) -> None:
    script = Script(read_steps([{"answer": {"content": "I saw <result>!"}, "times": 0}]))
    request = request_for("pm", "work")
    assert said(script, request).text == "I saw !"
    request["messages"].append({"role": "tool", "tool_call_id": "c", "content": "the key"})
    assert said(script, request).text == "I saw the key!"


def test_content_is_generated() -> None:
    assert expand({"$repeat": "ab", "times": 3}, {}) == "ababab"
    assert expand({"$each": {"n": "<n>"}, "times": 2}, {}) == [{"n": "1"}, {"n": "2"}]
    assert expand({"$nest": "a", "times": 3}, {}) == {"a": {"a": {"a": {}}}}
    assert expand(["<n>", 5, None, {"<n>": True}], {"<n>": "7"}) == ["7", 5, None, {"7": True}]


@pytest.mark.parametrize(
    "content",
    [
        {"$repeat": "x", "times": 30_000_000},
        {"$repeat": "x"},
        {"$repeat": "x", "times": -1},
        {"$each": 1, "times": 2, "more": 3},
    ],
)
def test_a_generator_that_makes_no_sense_is_refused(content: Any) -> None:
    with pytest.raises(Invalid, match="step 1"):
        read_steps([{"answer": {"content": [content]}}])


@pytest.mark.parametrize(
    "file", ["plan: pm report", "plan: [pm]", "name: a\nsteps: 5", "nome: a", "steps: [{fault: x}]"]
)
def test_a_wrong_file_is_refused_with_its_name(tmp_path: Path, file: str) -> None:
    (tmp_path / "a.yaml").write_text(FILE)
    (tmp_path / "wrong.yaml").write_text(file)
    with pytest.raises(Misconfigured, match=r"wrong\.yaml"):
        load_steps(tmp_path)


def test_a_folder_of_files_is_one_script(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(FILE)
    (tmp_path / "b.yaml").write_text("- fault: 500")
    assert len(load_steps(tmp_path)) == 3


@pytest.mark.parametrize("fault", ["wrong_encoding", "garbage", "no_end"])
def test_bytes_that_no_client_expects_are_sent(chat: Any, request_for: Any, fault: str) -> None:
    answer = chat(request_for("pm", "work", "For freelancers", stream=True, rehearsal={"fault": fault}))
    assert answer.status_code == 200
    assert b"[DONE]" not in answer.content or fault == "wrong_encoding"
    if fault != "no_end":
        with pytest.raises(UnicodeDecodeError):
            answer.content.decode()
