"""Long texts of older steps are sent as a line each, the same from every run, and what was sent is seldom rewritten."""

import json
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from agents import conversation
from agents.folding import KEPT_ANSWERS, LONG_CHARS, MIN_FOLDED_CHARS, folded, folded_until
from damascus.core.records.turns import Speaker, Turn, TurnStatus
from damascus.core.text import FOLDED
from tests.fixtures.rows import WHEN

LONG = "x = 1\n" * LONG_CHARS


def said(*calls: Turn) -> list[Turn]:
    """An answer with its calls."""
    return [Turn("", "task_1", 0, Speaker.ASSISTANT, "", None, None, None, TurnStatus.DONE, WHEN, WHEN), *calls]


def call(tool: str, result: str = "done", **arguments: Any) -> Turn:
    return Turn("", "task_1", 0, Speaker.TOOL, result, "c", tool, arguments, TurnStatus.DONE, WHEN, WHEN)


def written(text: str = LONG) -> Turn:
    return call("write_file", "created a.py", path="a.py", content=text)


def ran(code: int = 0) -> Turn:
    return call("run_command", f"exit {code} (0.1 s)\nok", command="test")


def content(turn: Turn) -> str:
    return turn.arguments["content"]


def test_a_file_that_was_tried_with_success_is_a_line_from_the_first() -> None:
    turns = said(written(), ran())
    assert content(folded(turns)[1]).startswith("x = 1 x = 1")
    assert FOLDED in content(folded(turns)[1])
    assert "`read_file` shows it" in content(folded(turns)[1])
    assert content(turns[1]) == LONG  # the transcript has it whole


def test_the_passages_of_an_edit_are_folded_one_by_one() -> None:
    edit = call("edit_file", "changed a.py", path="a.py", edits=[{"old": "a", "new": LONG}, {"old": LONG, "new": "b"}])
    first, second = folded(said(edit, ran()))[1].arguments["edits"]
    assert (first["old"], second["new"]) == ("a", "b")
    for text in (first["new"], second["old"]):
        assert len(text) < LONG_CHARS
        assert f"{FOLDED}, {len(LONG)} characters; `read_file` shows it]" in text


def test_a_file_that_failed_or_was_not_tried_is_sent_whole() -> None:
    for calls in ([written()], [written(), ran(1)], [written(), ran(), ran(1)]):
        assert folded(said(*calls)) == said(*calls)
    open_call = Turn("", "task_1", 0, Speaker.TOOL, "", "c", "push", {}, TurnStatus.PENDING, WHEN, None)
    assert content(folded(said(written(), ran(), open_call))[1]) == LONG


def test_one_answers_success_says_nothing_of_another_answers_file() -> None:
    turns = said(written()) + said(ran())
    assert folded(turns) == turns


def test_what_is_long_and_old_is_folded_once_enough_of_it_is_there() -> None:
    output = "line\n" * (MIN_FOLDED_CHARS // 5 + 100)
    old = said(call("run_command", f"exit 1 (1 s)\n{output}", command="test"))
    newest = [said(ran(1)) for _ in range(KEPT_ANSWERS)]
    young = old + [turn for answer in newest[1:] for turn in answer]
    assert folded(young) == young
    aged = old + [turn for answer in newest for turn in answer]
    assert folded_until(aged) == len(old)
    assert len(folded(aged)[1].content) < LONG_CHARS
    little = said(call("run_command", f"exit 1 (1 s)\n{LONG}", command="test")) + aged[len(old) :]
    assert folded(little) == little


def test_what_is_short_stays() -> None:
    turns = [*said(written("x" * 10), ran()), *said(call("ask", "Yes." * 10))]
    assert folded(turns) == turns


SIZES = st.sampled_from([10, LONG_CHARS - 50, LONG_CHARS + 50, 8_000])
CALLS = st.one_of(
    st.builds(lambda size: written("y" * size), SIZES), st.builds(ran, st.integers(0, 1)),
    st.builds(lambda size: call("read_file", "z" * size, path="a"), SIZES),
)  # fmt: skip


@given(st.lists(st.lists(CALLS, max_size=4), max_size=12))
def test_a_conversation_grows_at_its_end_but_for_rare_steps(answers: list[list[Turn]]) -> None:
    """Between two steps that fold, each request begins with all that the one before it sent."""
    turns: list[Turn] = []
    sent = []
    for calls in answers:
        turns += said(*calls)
        sent.append((folded_until(turns), [json.dumps(m) for m in conversation.messages(turns, lambda _: None)]))
    for (until, before), (later, after) in pairwise(sent):
        assert later >= until
        if later == until:
            assert after[: len(before)] == before
        else:
            gained = sum(len(str(t.arguments)) + len(t.content) for t in turns[until:later])
            assert gained >= MIN_FOLDED_CHARS
