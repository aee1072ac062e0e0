"""What a provider sent is what it gets back, whole; another model gets none of it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from damascus.core.records.tasks import Task
from damascus.core.records.turns import ProviderFields
from damascus.llm.history import history_for, plain_id
from damascus.llm.partial_response import PartialResponse
from damascus.llm.port import ToolCall
from damascus.llm.response_parser import parse_response
from damascus.work.outbox import Outbox
from damascus.work.tasks import transcript
from tests.fixtures.story import claim, planned, running_mission, task_of

SIGNED = {"google": {"thought_signature": "c2ln" * 40}}


def streamed(*pieces):
    partial = PartialResponse({"finish"})
    for piece in pieces:
        partial.add({"choices": [{"delta": piece}]})
    return parse_response(partial, {"finish": {}})


def call(index=0, **more):
    return {"index": index, "id": "c1", "function": {"name": "finish", "arguments": "{}"}, **more}


def history(parsed, model="m"):
    own = ProviderFields("m", parsed.fields or None, parsed.call_fields or None)
    calls = [
        {"id": one.id, "type": "function", "function": {"name": one.name, "arguments": "{}"}} for one in parsed.calls
    ]
    said = {"role": "assistant", "content": parsed.text, "provider": own} | ({"tool_calls": calls} if calls else {})
    results = [{"role": "tool", "tool_call_id": one.id, "content": "ok"} for one in parsed.calls]
    return history_for(model, [{"role": "user", "content": "go"}, said, *results])


def test_a_signature_on_a_call_goes_back_on_that_call_and_on_no_other():
    parsed = streamed({"tool_calls": [call(extra_content=SIGNED)]}, {"tool_calls": [call(1, id="c2")]})
    first, second = history(parsed)[1]["tool_calls"]
    assert first["extra_content"] == SIGNED
    assert "extra_content" not in second


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning", "thinking"])
def test_thinking_that_came_in_pieces_goes_back_in_one(field):
    parsed = streamed({field: "Let me "}, {field: "think."}, {"tool_calls": [call()]})
    assert history(parsed)[1][field] == "Let me think."


def test_blocks_of_thinking_grow_until_they_are_sealed_and_no_further():
    def block(text, **more):
        return {"thinking_blocks": [{"type": "thinking", "thinking": text, **more}]}

    parsed = streamed(block("a"), block("b"), block("", signature="s1"), block("c"), block("", signature="s2"))
    assert history(parsed)[1]["thinking_blocks"] == [
        {"type": "thinking", "thinking": "ab", "signature": "s1"},
        {"type": "thinking", "thinking": "c", "signature": "s2"},
    ]


def test_numbered_details_grow_by_their_number_and_keep_what_only_names_them():
    def detail(index, text):
        return {"reasoning_details": [{"type": "reasoning.text", "format": "f", "index": index, "text": text}]}

    parsed = streamed(detail(0, "a"), detail(1, "x"), detail(0, "b"))
    assert [one["text"] for one in history(parsed)[1]["reasoning_details"]] == ["ab", "x"]
    assert {one["format"] for one in history(parsed)[1]["reasoning_details"]} == {"f"}


@pytest.mark.parametrize("length", [9, 41, 284, 20_000])
def test_an_id_goes_back_as_long_as_it_came(length):
    id = "x" * length
    sent = history(streamed({"tool_calls": [call(id=id)]}))
    assert sent[1]["tool_calls"][0]["id"] == sent[2]["tool_call_id"] == id


def test_another_model_gets_none_of_it_and_ids_that_every_server_takes():
    parsed = streamed({"reasoning_content": "Hm.", "tool_calls": [call(id="x" * 284, extra_content=SIGNED)]})
    sent = history(parsed, model="other")
    assert set(sent[1]) == {"role", "content", "tool_calls"}
    assert set(sent[1]["tool_calls"][0]) == {"id", "type", "function"}
    assert sent[1]["tool_calls"][0]["id"] == sent[2]["tool_call_id"] == plain_id("x" * 284)
    assert len(plain_id("x" * 284)) == 9
    assert plain_id("x" * 284).isalnum()


def test_what_the_protocol_knows_and_what_is_null_is_not_sent_twice():
    parsed = streamed({"role": "assistant", "refusal": None, "annotations": [], "reasoning_content": None})
    assert parsed.fields == {}


def test_nothing_of_the_program_s_own_leaves_for_the_server():
    assert "provider" not in json.dumps(history(streamed({"content": "Hello."})))


PRINTED = st.text(st.characters(codec="ascii", exclude_categories=["Cc"]))


@given(st.recursive(PRINTED | st.integers() | st.booleans(), lambda v: st.lists(v) | st.dictionaries(PRINTED, v)))
def test_any_unknown_field_goes_back_as_it_came(value):
    parsed = streamed({"tool_calls": [call(signed={"value": value})]})
    sent = history(parsed)[1]["tool_calls"][0]
    assert sent["signed"] == {"value": value}


def test_too_much_is_not_kept_in_part():
    parsed = streamed(*({"own": {str(n): "x" * 100_000}} for n in range(12)))
    assert parsed.fields == {}


async def test_a_run_on_another_worker_sends_back_the_same(outbox: Outbox) -> None:
    mission = await running_mission(outbox, planned("a"))
    task: Task = await claim(outbox, await task_of(outbox, mission, "a"))
    made = ToolCall("y" * 300, "finish", {})
    own = ProviderFields("m", {"reasoning_content": "Hm."}, {made.id: {"extra_content": SIGNED}})
    said = transcript.RecordedAnswer("", [transcript.RecordedCall(made.id, made.name, {})], own)
    async with outbox.transaction() as tx:
        await transcript.record_answer(tx, task, 1, said)
    async with outbox.reading() as tx:
        sent = history_for("m", transcript.to_chat(await tx.turns.of_task(task.id)))
    assert sent[0]["reasoning_content"] == "Hm."
    assert sent[0]["tool_calls"][0]["extra_content"] == SIGNED
    assert sent[1]["tool_call_id"] == made.id


async def test_an_answer_that_said_nothing_is_never_sent_as_an_empty_message(outbox: Outbox) -> None:
    mission = await running_mission(outbox, planned("a"))
    task = await claim(outbox, await task_of(outbox, mission, "a"))
    async with outbox.transaction() as tx:
        await transcript.record_answer(tx, task, 1, transcript.RecordedAnswer(" \n"))
        await transcript.say(tx, task, 2, "Use a tool.")
        called = transcript.RecordedAnswer("", [transcript.RecordedCall("c", "finish", {})])
        await transcript.record_answer(tx, task, 3, called)
    async with outbox.reading() as tx:
        chat = transcript.to_chat(await tx.turns.of_task(task.id))
    assert [message["content"] for message in chat] == [transcript.NOTHING_SAID, "Use a tool.", "", ""]
