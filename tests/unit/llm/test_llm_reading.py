"""Answers as models really write them: whatever is meant is understood, whatever is not offered stays text."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from damascus.llm.partial_response import PartialResponse
from damascus.llm.response_parser import parse_response
from damascus.llm.tool_arguments import CUT_OFF, clean, read_arguments

OFFERED = {"write_file": {}, "finish": {}, "list_files": {}}
ARGUMENTS = {"path": "a.py", "content": 'print("{hi}")\n'}
CALL = {"name": "write_file", "arguments": ARGUMENTS}


def parsed(finish="stop", **message):
    draft = PartialResponse()
    draft.add({"choices": [{"message": message, "finish_reason": finish}]})
    return parse_response(draft, OFFERED)


def native(*calls, finish="tool_calls"):
    return parsed(finish, tool_calls=[{"id": i, "function": {"name": n, "arguments": a}} for i, n, a in calls])


def means(response):
    return [(call.name, call.arguments) for call in response.calls]


BARE = [
    json.dumps(CALL),
    json.dumps(CALL, indent=2),
    json.dumps({"name": "write_file", "parameters": ARGUMENTS}),
    json.dumps({"tool": "write_file", "parameters": ARGUMENTS}),
    json.dumps({"action": "write_file", "action_input": ARGUMENTS}),
    json.dumps({"function": CALL}),
    json.dumps({"function": "write_file", "arguments": ARGUMENTS}),
    json.dumps({"type": "function", "id": "x", "function": {**CALL, "arguments": json.dumps(ARGUMENTS)}}),
    json.dumps({"tool_calls": [{"function": CALL}]}),
    json.dumps([CALL]),
    json.dumps({**CALL, "arguments": json.dumps(json.dumps(ARGUMENTS))}),
    f"```json\n{json.dumps(CALL, indent=1)}\n```",
    f"```\n{json.dumps(CALL)}\n```",
    f"```tool_call\n{json.dumps(CALL)}```",
    f"<tool_call>\n{json.dumps(CALL)}\n</tool_call>",
    f"<tool_call>{json.dumps(CALL)}",
    f"[TOOL_CALLS] [{json.dumps(CALL)}]",
    f"<|python_tag|>{json.dumps(CALL)}",
    json.dumps(CALL)[:-1],
    json.dumps(CALL) + "}",
]


@pytest.mark.parametrize("text", BARE)
def test_a_call_written_as_text_is_a_call(text):
    response = parsed(content=text)
    assert means(response) == [("write_file", ARGUMENTS)]
    assert (response.text, response.finish_reason) == ("", "tool_calls")


def test_prose_around_a_call_stays():
    response = parsed(content=f"First the file.\n\n```json\n{json.dumps(CALL)}\n```\nThen we are done.")
    assert means(response) == [("write_file", ARGUMENTS)]
    assert response.text == "First the file.\n\n\nThen we are done."


def test_a_fence_inside_the_arguments_does_not_cut_them():
    call = {"name": "write_file", "arguments": {"content": "text\n```python\nprint('x')\n```\nend"}}
    assert means(parsed(content=f"Here:\n```json\n{json.dumps(call)}\n```")) == [("write_file", call["arguments"])]


@pytest.mark.parametrize("between", ["\n", " ", ",", "\n\n", ";"])
def test_several_calls_in_a_text_keep_their_order(between):
    second = {"name": "finish", "arguments": {"summary": "s"}}
    expected = [("write_file", ARGUMENTS), ("finish", {"summary": "s"})]
    assert means(parsed(content=json.dumps(CALL) + between + json.dumps(second))) == expected
    tags = between.join(f"<tool_call>{json.dumps(call)}</tool_call>" for call in (CALL, second))
    assert means(parsed(content=tags)) == expected


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "rm_rf", "arguments": {}}',
        '{"name": "finish", "version": "1.0"}',
        'Call it like {"name": "finish", "arguments": {}}, if you must.',
        '{"dependencies": {"finish": 1}}',
        "finish()",
        "```json\n[1, 2, 3]\n```",
        "{" * 5_000,
        "[" * 100_000,
        "",
    ],
)
def test_other_json_stays_text(text):
    response = parsed(content=text)
    assert (response.calls, response.text) == ((), text)


def test_a_call_without_arguments_needs_none():
    assert means(parsed(content='{"name": "list_files"}')) == [("list_files", {})]
    assert means(native(("a", "list_files", ""))) == [("list_files", {})]
    assert means(native(("a", "list_files", None))) == [("list_files", {})]


@pytest.mark.parametrize(
    "arguments",
    [
        ARGUMENTS,
        json.dumps(ARGUMENTS),
        json.dumps(json.dumps(ARGUMENTS)),
        json.dumps(ARGUMENTS)[:-1],
        json.dumps(ARGUMENTS)[:-1] + ",}",
        json.dumps(ARGUMENTS).replace("\\n", "\n"),
        f"```json\n{json.dumps(ARGUMENTS)}\n```",
        json.dumps([ARGUMENTS]),
    ],
)
def test_broken_arguments_are_repaired(arguments):
    response = native(("a", "write_file", arguments))
    assert means(response) == [("write_file", ARGUMENTS)]
    assert response.calls[0].problem is None


@pytest.mark.parametrize(
    "arguments", ["no json at all", "[1, 2]", "42", '"text"', "[" * 100_000, '{"a":' * 90, 7, [1, 2]]
)
def test_arguments_beyond_repair_become_words_for_the_model(arguments):
    call = native(("a", "write_file", arguments)).calls[0]
    assert call.arguments == {}
    assert call.problem


def test_half_a_file_is_not_taken_for_a_whole_one():
    half = json.dumps(ARGUMENTS)[:30]
    assert native(("a", "write_file", half)).calls[0].problem.startswith(CUT_OFF)
    almost = json.dumps(ARGUMENTS)[:-1]
    assert native(("a", "write_file", almost), finish="length").calls[0].problem.startswith(CUT_OFF)
    assert parsed("length", content=json.dumps(CALL)[:60]).calls == ()


def test_of_a_call_that_was_cut_off_its_size_and_its_ends_are_told_as_data():
    text = '{"path": "a.py", "content": "' + "x" * 300 + "\\nlast \x07line\n# not a line of the note"
    problem = native(("a", "write_file", text), finish="length").calls[0].problem
    assert f"after {len(text) - 1} characters" in problem
    assert json.dumps(text[:120]) in problem
    assert problem.endswith('last line\\n# not a line of the note"')
    assert "x" * 120 not in problem
    assert "\n" not in problem


def test_of_an_answer_that_was_cut_off_the_whole_calls_still_count():
    whole, half = json.dumps(ARGUMENTS), json.dumps(ARGUMENTS)[:20]
    response = native(("a", "write_file", whole), ("b", "write_file", half), finish="length")
    assert response.finish_reason == "length"
    assert [call.problem and call.problem.startswith(CUT_OFF) for call in response.calls] == [None, True]


def test_a_broken_call_before_the_one_that_was_cut_off_is_still_repaired():
    response = native(("a", "finish", '{"summary": "s",}'), ("b", "finish", '{"summ'), finish="length")
    assert [call.problem and call.problem.startswith(CUT_OFF) for call in response.calls] == [None, True]


def test_every_call_gets_an_id_of_its_own():
    response = native(("a", "finish", "{}"), ("a", "finish", "{}"), ("", "finish", "{}"), (None, "finish", "{}"))
    ids = [call.id for call in response.calls]
    assert ids[0] == "a"
    assert len(set(ids)) == 4
    assert all(ids)


@pytest.mark.parametrize(
    ("name", "read_as"),
    [("functions.finish", "finish"), (" finish ", "finish"), ("rm -rf", "rm_-rf"), ("x" * 99, "x" * 64)],
)
def test_a_name_is_read_as_the_tool_it_means_and_can_be_sent_back(name, read_as):
    assert native(("a", name, "{}")).calls[0].name == read_as


def test_a_call_without_a_name_is_a_problem_not_an_error():
    assert native(("a", "", "{}")).calls[0].problem == "the call names no tool"


def test_more_than_sixty_four_calls_are_not_taken():
    assert len(native(*[(str(n), "finish", "{}") for n in range(500)]).calls) == 64
    assert len(parsed(content="\n".join(json.dumps(CALL) for _ in range(500))).calls) == 64


def test_the_repair_of_one_answer_is_bounded():
    bad = '{"path": "' + "x" * 60_000 + '",,}'
    calls = native(*[(str(n), "write_file", bad) for n in range(20)]).calls
    assert calls[0].problem is None
    assert calls[-1].problem


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning", "thinking"])
def test_reasoning_is_kept_apart(field):
    response = parsed(content="Done.", **{field: "I think."})
    assert (response.text, response.reasoning) == ("Done.", "I think.")


@pytest.mark.parametrize(
    "text", [f"<think>{json.dumps(CALL)}</think>\nDone.", "Hm.</think>Done.", "<think>a</think>Done."]
)
def test_thinking_before_the_text_is_no_text_and_no_call(text):
    response = parsed(content=text)
    assert (response.text, response.calls) == ("Done.", ())
    assert response.reasoning


def test_a_refusal_is_said_as_text():
    response = parsed(content=None, refusal="I cannot do that.")
    assert (response.text, response.finish_reason) == ("I cannot do that.", "refusal")


def test_the_old_form_of_a_call_is_understood():
    response = parsed("function_call", function_call={"name": "finish", "arguments": '{"summary": "s"}'})
    assert (means(response), response.finish_reason) == ([("finish", {"summary": "s"})], "tool_calls")


def test_text_in_parts_is_put_together():
    parts = [{"type": "text", "text": "a"}, {"type": "image"}, {"type": "text", "text": "b"}]
    assert parsed(content=parts).text == "ab"


def test_what_databases_cannot_hold_is_taken_out():
    assert clean("a\x00b\x1bc\td\ne\ud800f") == "abc\td\nef"
    assert clean("\ud83d" + "\ude00") == "\N{GRINNING FACE}"
    assert read_arguments('{"a\\u0000": ["x\\u0007", NaN, 1e999]}') == ({"a": ["x", "nan", "inf"]}, None)


def streamed(*pieces):
    draft = PartialResponse()
    for piece in pieces:
        draft.add({"choices": [{"delta": {"tool_calls": [piece]}}]})
    return means(parse_response(draft, OFFERED))


def test_servers_that_number_every_call_zero_are_understood():
    first = {"index": 0, "id": "a", "function": {"name": "finish", "arguments": '{"summary": "1"}'}}
    second = {"index": 0, "id": "b", "function": {"name": "finish", "arguments": '{"summary": "2"}'}}
    assert streamed(first, second) == [("finish", {"summary": "1"}), ("finish", {"summary": "2"})]


def test_servers_that_number_no_call_are_understood():
    first = {"id": "a", "function": {"name": "finish", "arguments": '{"summary": '}}
    more = {"function": {"arguments": '"1"}'}}
    second = {"function": {"name": "list_files"}}
    assert streamed(first, more, second) == [("finish", {"summary": "1"}), ("list_files", {})]


def test_servers_that_repeat_or_split_the_name_are_understood():
    repeated = [{"index": 0, "function": {"name": "finish", "arguments": part}} for part in ("{", "}")]
    split = [{"index": 1, "id": "b", "function": {"name": part}} for part in ("list", "_files")]
    assert streamed(*repeated, *split) == [("finish", {}), ("list_files", {})]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(["finish", "id"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["choices", "delta", "message", "tool_calls", "function", "name", "arguments", "index", "id"]
            )
            | st.sampled_from(["content", "reasoning", "refusal", "finish_reason", "usage", "text", "function_call"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=30,
)
SCRAPS = st.sampled_from(
    [
        "<tool_call>",
        "</tool_call>",
        "```json\n",
        "```",
        "{",
        "}",
        "[",
        "]",
        '"',
        "\\",
        "\n",
        ":",
        ",",
        "<think>",
        "</think>",
        "name",
        "finish",
        '"name": "finish"',
        "tool_calls",
        '"arguments": ',
        "\x00",
        "\ud800",
        "NaN",
        '{"name": "write_file", "arguments": {"path": "a"}}',
    ]
)


@given(st.text(alphabet=st.characters()) | st.lists(SCRAPS, max_size=40).map("".join), st.booleans())
def test_no_text_can_break_the_reading(text, cut):
    response = parsed("length" if cut else "stop", content=text)
    assert len(response.calls) <= 64
    json.dumps([call.arguments for call in response.calls], allow_nan=False).encode()
    (response.text + response.reasoning).encode()


@given(st.text() | st.lists(SCRAPS, max_size=40).map("".join) | ANYTHING, st.booleans())
def test_no_arguments_can_break_the_reading(raw, cut):
    arguments, problem = read_arguments(raw, cut=cut)
    json.dumps(arguments, allow_nan=False, ensure_ascii=False).encode()
    assert problem is None or arguments == {}


@given(st.lists(ANYTHING.map(lambda value: {"choices": [{"delta": value}]}) | ANYTHING, max_size=6))
def test_no_event_can_break_the_draft(events):
    draft = PartialResponse()
    for event in events:
        if isinstance(event, dict):
            draft.add(event)
    response = parse_response(draft, OFFERED)
    assert len({call.id for call in response.calls}) == len(response.calls)


@given(st.dictionaries(st.text(max_size=10), st.text() | st.integers() | st.lists(st.booleans()), max_size=5))
def test_good_arguments_come_through_unchanged_but_for_what_is_taken_out(arguments):
    arguments = {clean(key): clean(value) if isinstance(value, str) else value for key, value in arguments.items()}
    assert read_arguments(json.dumps(arguments)) == (arguments, None)
    assert read_arguments(json.dumps(json.dumps(arguments))) == (arguments, None)
