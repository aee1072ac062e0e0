"""However a server cuts a list of calls, and whatever it leaves out of the pieces, the same calls come out."""

import json
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from damascus.llm.partial_response import PartialResponse
from damascus.llm.response_parser import parse_response
from damascus.llm.sse import SseParser

OFFERED = {"write_file": {}, "finish": {}, "list_files": {}, "read_file": {}}
LETTERS = st.characters(codec="ascii", exclude_categories=["Cc"]) | st.sampled_from('{}[]"\\:,')
VALUES = st.recursive(
    st.text(LETTERS, max_size=12) | st.integers(-9, 9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=5,
)
CALLS = st.lists(
    st.tuples(st.sampled_from(sorted(OFFERED)), st.dictionaries(st.sampled_from(["path", "x"]), VALUES, max_size=2)),
    min_size=1,
    max_size=5,
)


@st.composite
def servers(draw):
    """What a server leaves out or says twice: each of these is done by some server that people use."""
    return {
        "index": draw(st.sampled_from(["counted", "zero", "none"])),
        "id": draw(st.sampled_from(["own", "empty", "null", "none", "each piece", "first piece"])),
        "name": draw(st.sampled_from(["first", "each piece"])),
        "type": draw(st.booleans()),
        "together": draw(st.booleans()),
    }


@st.composite
def cuts(draw, text):
    places = sorted(draw(st.lists(st.integers(0, len(text)), max_size=4)))
    return [text[a:b] for a, b in zip([0, *places], [*places, len(text)], strict=True)]


def piece(server, at, n, name, arguments):
    found = {"function": {"arguments": arguments}}
    if server["name"] == "each piece" or n == 0:
        found["function"]["name"] = name
    if server["index"] != "none":
        found["index"] = at if server["index"] == "counted" else 0
    if server["id"] == "each piece" or (server["id"] in ("own", "first piece") and n == 0):
        found["id"] = f"id-{at}"
    elif server["id"] in ("empty", "null", "own"):
        found["id"] = "" if server["id"] == "empty" else None
    return found | ({"type": "function"} if server["type"] else {})


def read(deltas):
    partial = PartialResponse(OFFERED.keys())
    for delta in deltas:
        partial.add({"choices": [{"index": 0, "delta": {"tool_calls": delta}, "finish_reason": None}]})
    partial.add({"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]})
    return parse_response(partial, OFFERED)


@given(CALLS, servers(), st.data())
def test_any_cutting_of_any_list_of_calls_yields_the_calls(calls, server, data):
    pieces = [
        [
            piece(server, at, n, name, part)
            for n, part in enumerate(data.draw(cuts(json.dumps(arguments, ensure_ascii=False))))
        ]
        for at, (name, arguments) in enumerate(calls)
    ]
    together = server["together"] and all(len(parts) == 1 for parts in pieces)
    deltas = [[parts[0] for parts in pieces]] if together else [[one] for parts in pieces for one in parts]
    found = read(deltas)
    assert [(call.name, call.arguments, call.problem) for call in found.calls] == [
        (name, arguments, None) for name, arguments in calls
    ]
    assert len({call.id for call in found.calls}) == len(calls)


@given(CALLS, st.sampled_from(["index", "id"]), st.data())
def test_pieces_of_several_calls_that_come_by_turns_are_not_glued_together(calls, by, data):
    queues = [
        [
            {"function": {"name": name, "arguments": part} if n == 0 else {"arguments": part}}
            | ({"index": at} if by == "index" or n == 0 else {})
            | ({"id": f"id-{at}"} if by == "id" or n == 0 else {})
            for n, part in enumerate(data.draw(cuts(json.dumps(arguments))))
        ]
        for at, (name, arguments) in enumerate(calls)
    ]
    deltas = [[queue.pop(0)] for queue in queues]
    while any(queues):
        queue = data.draw(st.sampled_from([queue for queue in queues if queue]))
        deltas.append([queue.pop(0)])
    assert [(call.name, call.arguments) for call in read(deltas).calls] == calls


@st.composite
def framings(draw):
    """How a server puts its events on the wire, and what it sends around them."""
    return {name: draw(st.booleans()) for name in (
        "empty first", "finish before the last", "usage behind", "other choices",
        "done", "comments", "two lines", "named",
    )} | {"end": draw(st.sampled_from(["\n", "\r\n", "\r"])), "blank": draw(st.sampled_from([" ", ""]))}  # fmt: skip


def events_of(deltas, framing):
    """The events of a stream with these deltas; the finish comes with the last one but one, if it is early."""
    events = (
        [{"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]}] if framing["empty first"] else []
    )
    early = framing["finish before the last"] and len(deltas) > 1
    for at, delta in enumerate(deltas):
        finish = "tool_calls" if early and at == len(deltas) - 2 else None
        events.append({"choices": [{"index": 0, "delta": {"tool_calls": delta}, "finish_reason": finish}]})
        if framing["other choices"]:
            other = {"index": 1, "delta": {"content": "no", "tool_calls": delta}}
            events[-1]["choices"].insert(at % 2, other) if at else events[-1]["choices"].append(other)
    events += [] if early else [{"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]}]
    usage = {"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 5}}
    return [*events, usage] if framing["usage behind"] else events


def bytes_of(events, framing):
    end, lines = framing["end"], []
    for event in events:
        lines += [": still here", ""] if framing["comments"] else []
        lines += ["event: chunk", "id: 1"] if framing["named"] else []
        text = json.dumps(event, ensure_ascii=False)
        parts = text.split(", ", 1) if framing["two lines"] and '"index": 0, ' in text[:30] else [text]
        parts = [parts[0] + ",", parts[1]] if len(parts) == 2 else parts
        lines += [f"data:{framing['blank']}{part}" for part in parts] + [""]
    lines += [f"data:{framing['blank']}[DONE]", ""] if framing["done"] else []
    return (end.join(lines) + end).encode()


WIDE = st.text(st.sampled_from('aé漢🙂{}"\\ '), max_size=8)
WIDE_CALLS = st.lists(
    st.tuples(st.sampled_from(sorted(OFFERED)), st.dictionaries(st.just("path"), WIDE)), min_size=1, max_size=4
)


@given(WIDE_CALLS, servers(), framings(), st.booleans(), st.data())
def test_any_cutting_of_the_bytes_of_any_framing_yields_the_calls(calls, server, framing, as_objects, data):
    deltas = [
        [piece(server, at, n, name, part)]
        for at, (name, arguments) in enumerate(calls)
        for n, part in enumerate(
            [arguments] if as_objects else data.draw(cuts(json.dumps(arguments, ensure_ascii=False)))
        )
    ]
    wire = bytes_of(events_of(deltas, framing), framing)
    places = sorted(data.draw(st.lists(st.integers(0, len(wire)), max_size=6)))
    parser, partial = SseParser(), PartialResponse(OFFERED.keys())
    found = [one for a, b in pairwise([0, *places, len(wire)]) for one in parser.feed(wire[a:b])] + parser.rest()
    for one in found:
        if one == b"[DONE]":
            partial.done = True
        else:
            partial.add(json.loads(one))
    assert partial.complete
    assert partial.usage.get("prompt_tokens") == (7 if framing["usage behind"] else None)
    parsed = parse_response(partial, OFFERED)
    assert [(call.name, call.arguments, call.problem) for call in parsed.calls] == [(*call, None) for call in calls]
    assert parsed.text == ""


def test_a_piece_that_belongs_to_no_call_is_one_clear_error_and_not_part_of_another():
    whole = {"index": 0, "function": {"name": "finish", "arguments": '{"summary": "s"}'}}
    stray = {"index": 0, "function": {"arguments": '{"path": "a"}'}}
    found = read([[whole], [stray]])
    assert [(call.name, call.problem) for call in found.calls] == [
        ("finish", None),
        ("unnamed", "the call names no tool"),
    ]


def test_arguments_that_hold_two_objects_are_not_repaired_into_one():
    both = {"index": 0, "id": "a", "function": {"name": "finish", "arguments": '{"summary": "s"}{"summary": "t"}'}}
    (call,) = read([[both]]).calls
    assert call.arguments == {}
    assert "2 objects" in call.problem


def test_arguments_that_a_server_sends_twice_are_one_call():
    both = {"index": 0, "id": "a", "function": {"name": "finish", "arguments": '{"summary": "s"}{"summary": "s"}'}}
    (call,) = read([[both]]).calls
    assert (call.arguments, call.problem) == ({"summary": "s"}, None)
