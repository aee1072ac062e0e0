"""What is told of a mission while it happens, line by line: each event as a person reads it."""

import pytest

from damascus.cli.event_lines import format_event
from damascus.cli.formatting import format_span
from tests.unit.cli.scripted import event

TITLES = {"task_1": "Build the app"}


def line(what: str, author: str = "engineer", /, **payload: object) -> str | None:
    return format_event(event(1, what, "mis_1", author, "task_1", **payload), TITLES)


def test_a_worker_that_was_lost_is_told_with_what_becomes_of_its_task() -> None:
    said = line("task", "office", id="task_1", before="working", after="queued", reason="engineer-1 was restarted")
    assert said == "Build the app continues where it was: engineer-1 was restarted"
    assert line("task", "vp", id="task_1", before="waiting", after="queued") is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("`sleep 999`: exit 137 (120.0 s, the time ran out)", "engineer: command stopped after 120.0 s: `sleep 999`"),
        (
            "`pytest`: exit 137 (9.0 s, the time ran out)\nlast\n",
            "engineer: command stopped after 9.0 s: `pytest`: last",
        ),
        (
            "`make`: exit 2 (0.2 s)\nfoo\nmake: *** no rule\n",
            "engineer: command ended with exit 2 after 0.2 s: `make`: make: *** no rule",
        ),
        ("`make`: exit 0 (0.2 s)\nall is well", "engineer: command ended with exit 0 after 0.2 s: `make`"),
        ("of an older version", "engineer: command of an older version"),
    ],
)
def test_a_command_is_told_by_how_it_ended(text: str, said: str) -> None:
    assert line("command", text=text, source=None, mark="computed") == said


def test_a_conversation_that_was_summed_up_is_told_with_how() -> None:
    told = {"compaction_id": "cmp_1", "until": 40, "chars": 9_000}
    said = "pm: Build the app: the context is full, its turns up to 40 are"
    assert line("compaction", "pm", summed_up=True, **told) == f"{said} summed up"
    assert line("compaction", "pm", summed_up=False, **told) == f"{said} listed"


def test_a_worker_that_left_is_told_of_with_its_role() -> None:
    moved = {"worker": "pm-1", "seen_at": "2026-01-01T00:00:00Z"}
    assert line("worker", "pm", move="left", **moved) == "pm: its worker pm-1 left"
    assert line("worker", "pm", move="came", **moved) == "pm: its worker pm-1 came"


def test_tests_that_failed_are_told_as_tests() -> None:
    failed = {"receipt_id": "r", "kind": "tests", "ok": False, "text": "`pytest` ended with exit 1: fix it"}
    assert line("receipt", "office", **failed) == "tests failed: `pytest` ended with exit 1: fix it"
    assert line("receipt", "office", **{**failed, "ok": True, "text": "5 tests"}) == "tests passed: 5 tests"
    assert line("receipt", "office", **{**failed, "kind": "report"}).startswith("receipt failed: ")  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("after", "reason", "said"),
    [
        ("answered", "the second", "your desk: you answered: the second"),
        ("granted", "granted", "your desk: you approved"),
        ("denied", "too dear", "your desk: you denied: too dear"),
        ("expired", "that day is over", "your desk: not asked any more: that day is over"),
        ("snoozed", "of a newer office", "your desk: snoozed: of a newer office"),
    ],
)
def test_what_became_of_a_request_is_told_in_the_ceos_words(after: str, reason: str, said: str) -> None:
    assert line("desk", "ceo", id="apr_1", before=None, after=after, reason=reason) == said
    assert line("desk", "pm", id="apr_1", before=None, after="open", reason="Which one?") is None


@pytest.mark.parametrize(
    ("seconds", "said"), [(-1, "0 s"), (59.9, "59 s"), (60, "1 m 00 s"), (3599, "59 m 59 s"), (7384, "2 h 03 m")]
)
def test_a_span_is_said_in_the_two_largest_units(seconds: float, said: str) -> None:
    assert format_span(seconds) == said
