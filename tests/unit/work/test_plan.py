"""A plan is checked before anything is written, and every fault is named at once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from damascus.core.errors import Invalid
from damascus.core.records.plan import Plan, PlannedDeliverable, check_test_command
from damascus.work.intake.plan import check_plan

ROLES = {"vp", "pm", "sales", "engineer"}
CODERS = {"engineer"}


def task(key: str, role: str = "pm", kind: str = "report", needs: list[str] | None = None, name: str = "") -> dict:
    deliverable = {"kind": kind, "name": name or key}
    return {
        "key": key, "title": key, "role": role, "description": "do it", "deliverable": deliverable,
        "acceptance": ["done"], "depends_on": needs or [],
    }  # fmt: skip


def plan(*tasks: dict) -> Plan:
    return Plan.model_validate({"summary": "s", "tasks": list(tasks)})


def test_a_sound_plan_passes() -> None:
    check_plan(plan(task("a"), task("b", "engineer", "code", ["a"])), ROLES, CODERS)


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (plan(task("a", "wizard")), "no role 'wizard'"),
        (plan(task("a", needs=["a"])), "circle"),
        (plan(task("a", needs=["b"]), task("b", needs=["a"])), "circle"),
        (plan(task("a", needs=["ghost"])), "'ghost', which is not in the plan"),
        (plan(task("a"), task("a", name="other")), "used 2 times"),
        (plan(task("a", name="x"), task("b", name="x")), "2 tasks deliver the report 'x'"),
        (plan(task("a", "sales", "code")), "'sales' cannot push code"),
        (plan(task("a", name="README")), "kept for the VP's summary"),
    ],
)
def test_a_fault_is_named(bad: Plan, says: str) -> None:
    with pytest.raises(Invalid, match=says):
        check_plan(bad, ROLES, CODERS)


def test_all_faults_are_named_at_once() -> None:
    with pytest.raises(Invalid) as error:
        check_plan(plan(task("a", "wizard"), task("b", needs=["ghost"])), ROLES, CODERS)
    assert "wizard" in str(error.value)
    assert "ghost" in str(error.value)


def test_a_replan_may_need_what_is_there_but_not_take_its_key() -> None:
    check_plan(plan(task("new", needs=["old"])), ROLES, CODERS, existing={"old"})
    with pytest.raises(Invalid, match="taken by an earlier task"):
        check_plan(plan(task("old")), ROLES, CODERS, existing={"old"})


@pytest.mark.parametrize("count", [0, 13, 500])
def test_a_plan_has_1_to_12_tasks(count: int) -> None:
    with pytest.raises(ValidationError):
        plan(*(task(f"t{i}") for i in range(count)))


@pytest.mark.parametrize("command", ["python3 -m unittest discover -s tests", "pytest", "node --test", "make test"])
def test_known_test_runners_pass(command: str) -> None:
    assert PlannedDeliverable(kind="code", name="x", test_command=command).test_command == command


@pytest.mark.parametrize(
    "command",
    ["true", "echo ok", "pytest; true", "pytest || true", "pytestx", "pytest `id`", "pytest\ntrue", "make testing"],
)
def test_a_command_that_proves_nothing_is_refused(command: str) -> None:
    with pytest.raises(ValueError, match="test_command must be one of"):
        check_test_command(command)


@given(st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=30), st.integers(1, 12))
def test_a_plan_that_passes_has_an_order(edges: list[tuple[int, int]], count: int) -> None:
    needs: dict[int, set[str]] = {i: set() for i in range(count)}
    for a, b in edges:
        if a < count and b < count:
            needs[a].add(f"t{b}")
    candidate = plan(*(task(f"t{i}", needs=sorted(needs[i])) for i in range(count)))
    try:
        check_plan(candidate, ROLES, CODERS)
    except Invalid:
        return
    done: set[str] = set()
    for _ in range(count):
        done |= {t.key for t in candidate.tasks if set(t.depends_on) <= done}
    assert done == {t.key for t in candidate.tasks}
