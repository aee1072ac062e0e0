"""An agent that goes round in circles is told so, then loses the tool, then loses the task; nobody else is bothered."""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.hooks.stuck_detector import (
    LAST_NO_TOOL_NOTE,
    MAX_IDLE_RESPONSES,
    MAX_PERIOD_STEPS,
    MAX_REFUSALS,
    NO_TOOL_NOTE,
    StuckVerdict,
    detect,
)
from damascus.core.records.turns import Turn
from tests.fixtures.rows import WHEN

MAX_REPEATS = 4
Step = tuple[str, Any]
IDLE: Step = ("", None)


def transcript(*steps: Step, together: bool = False) -> list[Turn]:
    """Answers with one call each (or all calls in one answer); IDLE is an answer without a call."""
    turns: list[Turn] = []

    def add(role: str, tool: str | None = None, arguments: Any = None) -> None:
        n = len(turns) + 1
        turns.append(Turn(f"t{n}", "task", n, role, "", None, tool, arguments, "done", WHEN, WHEN))

    for at, (tool, arguments) in enumerate(steps):
        if not together or at == 0:
            add("assistant")
        if tool:
            add("tool", tool, arguments)
        else:
            add("user")
    return turns


def verdict(*steps: Step, together: bool = False) -> StuckVerdict:
    return detect(transcript(*steps, together=together), MAX_REPEATS)


def advised(*steps: Step) -> str:
    """What the newest call's result says beside the result."""
    turns = transcript(*steps)
    return detect(turns, MAX_REPEATS).advice.get(turns[-1].id, "")


READ: Step = ("read_trail", {})
LIST: Step = ("list_reports", {})


def test_the_same_call_is_steered_then_taken_away_then_ends_the_task() -> None:
    assert advised(*[READ] * 2) == ""
    assert "the same call (read_trail {}) 3 times in a row" in advised(*[READ] * 3)
    assert "lost `read_trail`" in advised(*[READ] * 4)
    assert verdict(*[READ] * 3).taken == frozenset()
    assert verdict(*[READ] * 4).taken == {"read_trail"}
    assert [verdict(*[READ] * n).stop is None for n in (4, 5, 6)] == [True, True, False]
    assert "4 times in a row" in (verdict(*[READ] * 6).stop or "")


def test_a_call_to_a_tool_that_was_taken_away_is_refused_whatever_its_arguments() -> None:
    turns = transcript(*[READ] * 4, ("read_trail", {"kind": "finding"}), LIST)
    found = detect(turns, MAX_REPEATS)
    assert [turn.tool for turn in turns if turn.id in found.refused] == ["read_trail"]
    assert "taken away" in (found.refusal(turns[-3]) or "")
    assert found.refusal(turns[-1]) is None
    assert found.stop is None


def test_who_mends_its_ways_after_the_first_word_keeps_everything() -> None:
    found = verdict(*[READ] * 3, LIST, *[READ] * 3, LIST)
    assert (found.taken, found.refused, found.stop) == (frozenset(), set(), None)


def test_who_goes_on_without_the_tool_may_finish() -> None:
    found = verdict(*[READ] * 4, *[("write_file", {"path": f"{n}.py"}) for n in range(20)], ("finish", {}))
    assert (found.taken, found.stop) == ({"read_trail"}, None)


def test_another_circle_after_the_first_ends_the_task_at_once() -> None:
    assert "list_reports" in (verdict(*[READ] * 4, *[LIST] * 4).stop or "")


@pytest.mark.parametrize("period", range(1, MAX_PERIOD_STEPS + 1))
def test_circles_of_up_to_four_steps_are_seen(period: int) -> None:
    circle = [(f"tool{n}", {"n": n}) for n in range(period)]
    assert verdict(*circle * (MAX_REPEATS - 1)).taken == frozenset()
    found = verdict(*circle * MAX_REPEATS)
    assert found.taken == {tool for tool, _ in circle}
    assert found.stop is None
    assert verdict(*circle * MAX_REPEATS, *circle * MAX_REFUSALS).stop


def test_a_circle_may_pass_through_answers_without_a_call() -> None:
    assert verdict(*[IDLE, READ] * MAX_REPEATS).taken == {"read_trail"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ({"command": "ls  -la "}, {"command": "ls -la"}),
        ({"Kind": "finding"}, {"kind ": "finding"}),
        ({"limit": "5"}, {"limit": 5}),
        ({"whole": "TRUE"}, {"whole": True}),
        ({"arguments": '{"a": [1, 2]}'}, {"arguments": {"a": [1, 2]}}),
        ('{"a":1}', '{ "a": 1 }'),
    ],
)
def test_calls_that_differ_only_in_how_they_are_written_are_the_same(one: Any, other: Any) -> None:
    assert verdict(*[("run_command", one), ("run_command", other)] * 2).taken == {"run_command"}


@pytest.mark.parametrize(
    ("one", "other"), [({"path": "a"}, {"path": "A"}), ({"n": 1}, {"n": 2}), ({"n": 1}, {"n": [1]}), ({}, {"n": None})]
)
def test_calls_that_mean_something_else_are_not(one: Any, other: Any) -> None:
    turns = transcript(*[("run_command", one), ("run_command", other)] * 2)
    assert detect(turns, MAX_REPEATS).taken == frozenset()


def test_fifty_identical_calls_in_one_answer_are_made_four_times() -> None:
    turns = transcript(*[READ] * 50, together=True)
    found = detect(turns, MAX_REPEATS)
    assert [turn.id in found.refused for turn in turns[1:]] == [False] * 4 + [True] * 46
    assert found.stop


def test_finish_and_blocked_are_never_taken_away_but_the_task_ends_all_the_same() -> None:
    again = ("finish", {"summary": "done"})
    assert verdict(*[again] * 4).taken == frozenset()
    assert "finish" in (verdict(*[again] * 5).stop or "")


def test_answers_without_a_call_are_nudged_twice_and_then_end_the_task() -> None:
    said = [verdict(*[IDLE] * n).note("write_report") for n in (1, 2)]
    assert said == [note.format("write_report") for note in (NO_TOOL_NOTE, LAST_NO_TOOL_NOTE)]
    assert "Next is `write_report`" in said[0]
    assert [verdict(*[IDLE] * n).stop is None for n in (1, 2, 3)] == [True, True, False]
    assert verdict(*[IDLE] * 2, READ, *[IDLE] * 2).stop is None
    assert "without using a tool" in (verdict(*[IDLE] * MAX_IDLE_RESPONSES).stop or "")


ARGUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
STEPS = st.lists(st.just(IDLE) | st.tuples(st.sampled_from(["read_trail", "finish", "ask"]), ARGUMENTS), max_size=30)


@given(STEPS)
def test_any_transcript_is_followed_and_a_verdict_once_given_stays(steps: list[Step]) -> None:
    turns = transcript(*steps)
    whole = detect(turns, MAX_REPEATS)
    for length in range(len(turns)):
        if turns[length].speaker == "tool":
            continue  # an answer and its calls are written together
        part = detect(turns[:length], MAX_REPEATS)
        assert part.taken <= whole.taken
        assert part.stop is None or part.stop == whole.stop
        assert {id for id in whole.refused if int(id[1:]) <= length} == part.refused


@given(STEPS, st.lists(st.tuples(st.sampled_from(["a", "b"]), ARGUMENTS), min_size=1, max_size=MAX_PERIOD_STEPS))
def test_whatever_went_before_an_endless_circle_is_ended(before: list[Step], circle: list[Step]) -> None:
    assert verdict(*before, *circle * (MAX_REPEATS + MAX_REFUSALS + 1)).stop


@given(st.integers(1, 60), st.randoms())
def test_calls_that_are_all_different_are_left_alone(count: int, chance: random.Random) -> None:
    steps = [(chance.choice(["read_file", "write_file"]), {"path": f"p{n}"}) for n in range(count)]
    found = verdict(*steps)
    assert (found.taken, found.refused, found.stop, found.advice) == (frozenset(), set(), None, {})
