"""Models that plan badly, give up, repeat themselves or misbehave on the line: a mission always ends, with a reason."""

from typing import Any

import pytest

from tests.fixtures.books import check_books
from tests.fixtures.company import Company
from tests.fixtures.model import one, plans, says

REFERENCE = "[reference] Compare three note apps"
NO_DATA = says("blocked", {"reason": "the market data is behind a paywall"}, times=0, role="sales", kind="work")
BAD_PLANS = {
    "an unknown role": plans(one("magic", "wizard"), times=3),
    "a circle": plans(one("a", "pm", needs=("b",)), one("b", "pm", needs=("a",)), times=3),
    "nothing to do": plans(times=3),
    "too much to do": plans(*(one(f"t{n}", "pm") for n in range(13)), times=3),
    "a need that is not there": plans(one("a", "pm", needs=("ghost",)), times=3),
}


def turns(company: Company, mission: str, key: str) -> list[dict[str, Any]]:
    task = next(task for task in company.mission(mission)["tasks"] if task["key"] == key)
    found: list[dict[str, Any]] = company.get(f"/api/tasks/{task['id']}/turns")["items"]
    return found


@pytest.mark.parametrize("fault", BAD_PLANS)
def test_a_bad_plan_is_sent_back_twice_with_the_reason_then_the_playbook_is_used(company: Company, fault: str) -> None:
    company.model.play(BAD_PLANS[fault])
    mission = company.give("Compare three note apps", playbook="report")
    ended = company.ended(mission)
    assert (ended["status"], ended["reason"]) == ("succeeded", None)
    submitted = [turn for turn in turns(company, mission, "plan") if turn["tool"] == "submit_plan"]
    assert len(submitted) == 3
    assert all(len(turn["content"]) > 20 and "Traceback" not in turn["content"] for turn in submitted[:2])
    assert {task["key"] for task in ended["tasks"]} - {"plan", "synthesis"}
    check_books(company, mission)


def test_a_plan_that_was_sent_back_once_may_be_mended(company: Company) -> None:
    company.model.play(plans(one("magic", "wizard")), plans(one("notes", "pm")))
    mission = company.give("Compare three note apps")
    ended = company.ended(mission)
    assert ended["status"] == "succeeded"
    assert [task["key"] for task in ended["tasks"]] == ["plan", "notes", "synthesis"]
    said = turns(company, mission, "plan")[1]["content"]
    assert "wizard" in said
    assert "engineer" in said


def test_a_task_that_fails_is_planned_around_once(company: Company) -> None:
    company.model.play(NO_DATA, plans(one("a", "pm"), one("b", "sales")), plans(one("c", "pm", needs=("a",))))
    mission = company.give("Compare three note apps")
    ended = company.ended(mission)
    assert (ended["status"], ended["reason"]) == ("succeeded", None)
    states = {task["key"]: task["status"] for task in ended["tasks"]}
    assert states == {
        "plan": "completed", "a": "completed", "b": "failed", "replan": "completed", "c": "completed",
        "synthesis": "completed",
    }  # fmt: skip
    check_books(company, mission)


def test_when_the_second_plan_fails_too_the_mission_ends_with_a_reason_that_a_person_understands(
    company: Company,
) -> None:
    company.model.play(NO_DATA, plans(one("b", "sales")), plans(one("c", "sales"), one("d", "pm", needs=("c",))))
    done = company.ceo("run", "Compare three note apps")
    assert done.returncode == 1
    assert "The c (sales): the market data is behind a paywall" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    mission = company.get("/api/missions")["items"][0]["id"]
    ended = company.mission(mission)
    assert {task["key"]: task["status"] for task in ended["tasks"]} == {
        "plan": "completed", "b": "failed", "replan": "completed", "c": "failed", "d": "cancelled",
    }  # fmt: skip
    check_books(company, mission)


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        ({"fault": "loop"}, "4 times in a row"),
        ({"fault": "no_tools"}, "without using a tool"),
        ({"fault": "empty"}, "without using a tool"),
        ({"fault": "refusal"}, "without using a tool"),
        ({"fault": "unknown_tool"}, "4 times in a row"),
    ],
    ids=lambda value: value.get("fault") if isinstance(value, dict) else "",
)
def test_an_agent_that_gets_nowhere_is_stopped_and_the_mission_says_why(
    company: Company, step: dict[str, Any], reason: str
) -> None:
    stuck = {**step, "match": {"role": "sales", "kind": "work"}, "times": 0}
    company.model.play(stuck, plans(one("a", "sales")), plans(one("b", "sales")))
    mission = company.give("Compare three note apps")
    ended = company.ended(mission)
    assert ended["status"] == "failed"
    assert reason in ended["reason"]
    assert "sales" in ended["reason"]
    assert company.model.stats()["by_role"]["sales"] <= 12
    check_books(company, mission)


@pytest.mark.parametrize(
    "fault",
    ["429", "500", "503", "drop", "cut", "bare_json", "fenced_json", "malformed_arguments", "truncated", "reasoning",
     "empty", "broken_arguments", "no_usage", "huge"],
)  # fmt: skip
def test_a_mishap_of_the_model_is_survived(company: Company, fault: str) -> None:
    company.model.play(
        {"match": {"role": "pm", "kind": "work", "nth": 2}, "fault": fault},
        {"match": {"kind": "plan"}, "fault": fault},
        plans(one("a", "pm")), plans(one("a", "pm")),
    )  # fmt: skip
    mission = company.give("Compare three note apps", budget_microusd=50_000_000)
    ended = company.ended(mission)
    assert (ended["status"], ended["reason"]) == ("succeeded", None)


def test_a_model_that_claims_absurd_usage_cannot_break_the_books(company: Company) -> None:
    company.model.play(*({"match": {"role": "pm"}, "fault": fault} for fault in ("negative_usage", "wrong_usage")))
    mission = company.give(REFERENCE)
    company.when(mission, lambda m: m["waiting"] or m["status"] == "succeeded", "a halt or the end")
    costs = [row["cost"] for row in company.rows("select cost from usage where mission_id = ?", mission)]
    assert min(costs) >= 0
