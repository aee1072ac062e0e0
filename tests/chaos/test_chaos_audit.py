"""The auditor itself: it finds what it is there to find, and the same seed makes the same plan."""

import random
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.audit import Books, Row, audit
from tests.chaos.cases import CASES, STARTUP
from tests.chaos.runner import batches

TASK, MISSION = "task_1", "mis_1"


def books(**changed: list[Row]) -> Books:
    """A mission with one task, a note, as it should be when all went well."""
    rows: dict[str, list[Row]] = {
        "tasks": [{"id": TASK, "key": "a", "kind": "work", "role": "pm", "status": "completed", "reason": None}],
        "events": [changed_to(state) for state in ("queued", "claimed", "completed")],
        "messages": [message()],
        "usage": [{"task_id": TASK, "answered": True, "cost": 5}],
        "reservations": [],
        "artifacts": [],
        "receipts": [{"task_id": TASK, "ok": True, "kind": "note", "detail": {}, "created_at": "1"}],
        "turns": [turn(1, "assistant"), turn(2, "tool")],
        "budgets": [{"scope": f"mission:{MISSION}", "spent": 5, "reserved": 0, "limit": 100}],
        "reviews": [],
    }
    return Books({"id": MISSION, "slug": "m", "status": "succeeded", "reason": None}, {**rows, **changed})


def reviewing(finished_at: str | None) -> dict[str, list[Row]]:
    """The same task as a review: its own row is its receipt."""
    return {
        "tasks": [{**books().rows["tasks"][0], "kind": "review"}],
        "receipts": [],
        "reviews": [{"id": TASK, "finished_at": finished_at}],
    }


def changed_to(state: str, why: str | None = None) -> Row:
    return {"kind": "task", "task_id": TASK, "payload": {"after": state, "reason": why}}


def message(**changes: Any) -> Row:
    return {
        "id": "m", "type": "assignment", "recipient": "pm", "context": {"task_id": TASK}, "sent_at": "x",
        "handled_at": "x", **changes,
    }  # fmt: skip


def turn(n: int, role: str, state: str = "done") -> Row:
    return {"task_id": TASK, "n": n, "speaker": role, "status": state, "tool": None, "arguments": None, "content": ""}


def asked(*steps: int, answered: bool = True) -> list[Row]:
    return [{"task": TASK, "step": step, "answered": answered} for step in steps]


def test_books_in_order_are_good(tmp_path: Path) -> None:
    assert audit(books(), asked(0), tmp_path, workers_died=False).good
    assert audit(books(**reviewing("2")), asked(0), tmp_path, workers_died=False).good


@pytest.mark.parametrize(
    ("calls", "workers_died"),
    [(asked(0, 0), False), (asked(0, 0), True), (asked(0, 1, 0, answered=False), True), ([], False)],
    ids=["again", "again-without-a-death", "back", "never-asked"],
)
def test_a_call_made_again_is_found(tmp_path: Path, calls: list[Row], workers_died: bool) -> None:
    assert not audit(books(), calls, tmp_path, workers_died=workers_died).good


def test_a_call_in_flight_on_a_killed_worker_may_be_made_again(tmp_path: Path) -> None:
    events = [changed_to(s) for s in ("queued", "claimed")] + [changed_to("queued", "pm-1 was restarted")]
    events += [changed_to(s) for s in ("claimed", "completed")]
    lost = {"task_id": TASK, "answered": False, "cost": 0}
    again = books(events=events, messages=[message(), message()], usage=[*books().rows["usage"], lost])
    assert audit(again, asked(0, 0), tmp_path, workers_died=True).good
    assert audit(again, asked(0, 0), tmp_path, workers_died=False).repeated == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"budgets": [{"scope": "", "spent": 6, "reserved": 0, "limit": 100}]},
        {"budgets": [{"scope": "", "spent": 5, "reserved": 1, "limit": 100}]},
        {"budgets": [{"scope": "", "spent": 5, "reserved": 0, "limit": 4}]},
        {"reservations": [{"id": "r", "task_id": TASK}]},
    ],
    ids=["spent", "held", "limit", "left"],
)
def test_wrong_money_is_found(tmp_path: Path, changed: dict[str, list[Row]]) -> None:
    assert audit(books(**changed), asked(0), tmp_path, workers_died=False).money > 0


@pytest.mark.parametrize("changes", [{"sent_at": None}, {"handled_at": None}])
def test_a_lost_message_is_found(tmp_path: Path, changes: Row) -> None:
    assert audit(books(messages=[message(**changes)]), asked(0), tmp_path, workers_died=False).lost == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"events": [changed_to(s) for s in ("queued", "claimed", "completed", "completed")]},
        {"events": [changed_to(s) for s in ("queued", "claimed", "claimed", "completed")]},
        {"receipts": []},
        reviewing(None),
        {"receipts": 2 * books().rows["receipts"]},
        {"turns": [turn(1, "assistant"), turn(3, "tool")]},
        {"turns": [turn(1, "assistant"), turn(2, "tool", "pending")]},
        {"artifacts": [{"kind": "report", "path": "reports/m/gone.md", "task_id": TASK, "name": "gone"}]},
    ],
    ids=["completed-twice", "claimed-twice", "no-receipt", "no-review", "receipt-twice", "gap", "no-result", "no-file"],
)
def test_what_is_not_whole_is_found(tmp_path: Path, changed: dict[str, list[Row]]) -> None:
    found = audit(books(**changed), asked(0), tmp_path, workers_died=False)
    assert found.problems
    assert not found.good


def test_200_runs_cover_every_case_and_a_seed_makes_the_same_plan() -> None:
    plan = batches(200, 5)
    assert {batch.case.name for batch in plan} == {case.name for case in CASES}
    assert sum(batch.count for batch in plan) == 200
    assert sum(batch.count for batch in plan if batch.case.directive == STARTUP) >= 20
    assert plan == batches(200, 5)
    draws = [random.Random(f"{batch.case.name}/{batch.seed}").random() for batch in plan]
    assert len(set(draws)) == len(draws)
