"""Processes die in the middle of the work, one after the other and all at once: the mission goes on."""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.fixtures.books import check_books
from tests.fixtures.company import Company, wait_for
from tests.fixtures.model import holds, one, plans, says

LATENCY = 0.15
REFERENCE = "[reference] Compare three note apps"
QUESTION = says("ask", {"to": "ceo", "question": "Which country first?"}, role="sales", kind="work")


def came_back(company: Company, name: str, restarts: int) -> None:
    """Wait until the supervisor has started it again."""

    def look() -> bool:
        child = company.children()[name]
        return child["restarts"] > restarts and bool(child["pid"]) and psutil.pid_exists(child["pid"])

    wait_for(look, f"{name} to be started again")


def until_held(company: Company, calls: int = 1) -> None:
    """Wait until the model holds an answer back for the so-manieth time."""
    wait_for(lambda: company.model.holding() >= calls, "a call to be held")


def at_work(role: str, turns: int = 2) -> Callable[[Company, str], None]:
    """Wait until the role's task has taken its first turns."""

    def wait(company: Company, mission: str) -> None:
        query = """select count(*) as n from turns t join tasks k on k.id = t.task_id
                   where k.mission_id = ? and k.role = ? and k.status in ('claimed', 'working')"""
        wait_for(lambda: company.rows(query, mission, role)[0]["n"] >= turns, f"{role} at work")

    return wait


def planning(company: Company, mission: str) -> None:
    """Wait until the VP thinks about the plan."""
    query = "select count(*) as n from reservations where mission_id = ?"
    wait_for(lambda: company.rows(query, mission)[0]["n"], "the first call")


@pytest.mark.parametrize(
    ("victim", "moment", "hold"),
    [
        ("vp-1", planning, holds(kind="plan")),
        ("pm-1", at_work("pm"), holds(role="pm", nth=2)),
        ("sales-1", at_work("sales"), holds(role="sales", nth=2)),
        ("engineer-1", at_work("engineer"), holds(role="engineer", nth=2)),
        ("office", at_work("pm"), holds(2, role="pm", nth=2)),  # nobody cuts these two calls short
        ("redis", at_work("sales"), holds(2, role="sales", nth=2)),
    ],
    ids=["vp", "pm", "sales", "engineer", "office", "redis"],
)  # fmt: skip
def test_a_process_is_killed_at_work_and_the_mission_succeeds(
    company: Company, victim: str, moment: Callable[[Company, str], None], hold: dict[str, Any]
) -> None:
    company.model.play(hold)
    company.model.slow_down(LATENCY)
    mission = company.give(REFERENCE)
    until_held(company)
    moment(company, mission)
    restarts = company.kill(victim)
    ended = company.ended(mission)
    assert (ended["status"], ended["reason"]) == ("succeeded", None)
    came_back(company, victim, restarts)
    check_books(company, mission)


def test_the_engineer_is_killed_while_it_builds_and_what_is_pushed_is_whole(company: Company, tmp_path: Path) -> None:
    pauses = [holds(role="engineer", nth=nth) for nth in (3, 5, 6)]
    company.model.play(plans(one("tool", "engineer", "code")), *pauses)
    company.model.slow_down(LATENCY)
    mission = company.give("Build invoices for freelancers")
    for count, turns in enumerate((3, 8, 12), start=1):
        until_held(company, count)
        at_work("engineer", turns)(company, mission)
        came_back(company, "engineer-1", company.kill("engineer-1"))
    ended = company.ended(mission)
    assert (ended["status"], ended["reason"]) == ("succeeded", None)
    check_books(company, mission)
    repository = ended["repositories"][0]
    held = [receipt for receipt in ended["receipts"] if receipt["ok"]]
    assert repository["head"]
    assert any(repository["head"][:10] in json.dumps(receipt) for receipt in held)


def test_whoever_watches_sees_the_end_although_the_office_was_killed_meanwhile(company: Company) -> None:
    company.model.play(QUESTION)  # so that the mission ends when we say so, however long the rest takes
    mission = company.give(REFERENCE)
    item = company.waiting(mission, "question")
    watcher = company.begin("watch", mission)
    assert watcher.stdout
    assert watcher.stdout.readline()  # it has begun
    came_back(company, "office", company.kill("office"))
    wait_for(company.is_up, "the office")
    company.post(f"/api/desk/{item['id']}/answer", {"text": "Germany"})
    out, err = watcher.communicate(timeout=60)
    assert watcher.returncode == 0, err
    assert "the mission is succeeded" in out
    assert "read first" in out


@pytest.mark.long
def test_everything_dies_with_its_supervisor_and_the_next_start_goes_on_where_it_was(company: Company) -> None:
    company.model.play(holds(role="pm", nth=3))
    company.model.slow_down(LATENCY)
    mission = company.give(REFERENCE)
    until_held(company)
    at_work("pm", 4)(company, mission)
    os.kill(company.supervisor(), signal.SIGKILL)
    wait_for(lambda: not company.processes(), "nothing to be left running")
    assert company.ceo("status").returncode == 4
    before = company.rows("select count(*) as n from usage where mission_id = ? and answered", mission)[0]["n"]
    assert before >= 3
    company.up()
    ended = company.ended(mission)
    assert (ended["status"], ended["reason"]) == ("succeeded", None)
    check_books(company, mission)


@pytest.mark.long
def test_a_clean_stop_in_the_middle_loses_nothing_either_not_even_an_open_question(company: Company) -> None:
    company.model.play(QUESTION)
    company.model.slow_down(LATENCY)
    mission = company.give(REFERENCE)
    item = company.waiting(mission, "question")
    company.down()
    company.up()
    company.post(f"/api/desk/{item['id']}/answer", {"text": "Germany"})
    assert company.ended(mission)["status"] == "succeeded"
    check_books(company, mission)


def test_redis_is_wiped_in_the_middle_and_everything_is_sent_again(company: Company) -> None:
    company.model.play(holds(2, role="sales", nth=2))
    company.model.slow_down(LATENCY)
    mission = company.give(REFERENCE)
    until_held(company)
    at_work("sales")(company, mission)
    for _ in range(5):  # whatever lies in a stream at one of these moments is gone
        company.redis().flushall()
        company.mission(mission)
    assert company.ended(mission)["status"] == "succeeded"
    check_books(company, mission)
    assert company.ended(company.give(REFERENCE))["status"] == "succeeded"


def test_assignments_wiped_before_anybody_read_them_are_sent_again(company: Company) -> None:
    company.model.play(holds(2, kind="plan"))
    company.model.slow_down(LATENCY)
    agents = {name: child["pid"] for name, child in company.children().items() if name in ("pm-1", "sales-1")}
    mission = company.give(REFERENCE)
    until_held(company)
    planning(company, mission)
    for pid in agents.values():
        os.kill(pid, signal.SIGSTOP)  # they hear nothing while the plan is accepted
    try:
        company.when(mission, lambda m: m["status"] == "running", "the plan")
        company.redis().flushall()
    finally:
        for pid in agents.values():
            os.kill(pid, signal.SIGCONT)
    assert company.ended(mission)["status"] == "succeeded"
    check_books(company, mission)
