"""What is the CEO's to decide: cancel, money, questions, permissions."""

import json
import re
from typing import Any

import pytest

from tests.fixtures.books import check_books
from tests.fixtures.company import Company, wait_for
from tests.fixtures.model import holds, one, plans, says

REFERENCE = "[reference] Compare three note apps"
QUESTION = says("ask", {"to": "ceo", "question": "Which country first?"}, role="pm", kind="work")


@pytest.fixture(scope="module")
def bill(shared_company: Company) -> tuple[int, int]:
    """What the reference mission costs, and the most that one of its calls can cost (micro-USD)."""
    held: set[int] = set()

    def look() -> bool:
        held.update(row["amount"] for row in shared_company.rows("select amount from reservations"))
        return bool(shared_company.mission(mission)["finished_at"])

    shared_company.model.begin()
    shared_company.model.slow_down(0.1)
    mission = shared_company.give(REFERENCE)
    wait_for(look, "the end")
    return shared_company.mission(mission)["spent_microusd"], max(held)


def half_of(bill: tuple[int, int]) -> int:
    """Return a limit that lets a part of the mission's calls through: the last ones with fewer tokens, then none."""
    return bill[0] // 2 + bill[1] // 4


def budget_of(company: Company, mission: str) -> Any:
    return company.rows('select spent, reserved, "limit" as most from budgets where scope = ?', f"mission:{mission}")[0]


def results_of(company: Company, mission: str, tool: str) -> list[str]:
    """What calls of a tool came to, in order."""
    query = """select t.content from turns t join tasks k on k.id = t.task_id
               where k.mission_id = ? and t.tool = ? and t.status = 'done' order by t.created_at, t.n"""
    return [row["content"] for row in company.rows(query, mission, tool)]


def test_cancel_takes_effect_before_the_next_step(company: Company) -> None:
    company.model.play(holds(1.5, kind="work", times=2))
    company.model.slow_down(0.3)
    mission = company.give(REFERENCE)
    wait_for(lambda: company.model.holding() == 2, "two calls to be held")
    company.when(mission, lambda m: sum(t["status"] == "working" for t in m["tasks"]) >= 2, "two at work")
    cancelled = company.post(f"/api/missions/{mission}/cancel")
    asked = company.model.stats()["by_task"]
    assert cancelled["status"] == "cancelled"
    other = company.give(REFERENCE)  # takes longer than any step of the cancelled mission
    assert company.ended(other)["status"] == "succeeded"
    now = company.model.stats()["by_task"]
    ended = company.mission(mission)
    assert all(now.get(task["id"]) == asked.get(task["id"]) for task in ended["tasks"])
    assert {task["status"] for task in ended["tasks"]} == {"completed", "cancelled"}
    assert "cancelled by the CEO" in ended["reason"]
    assert company.ceo("cancel", mission).returncode == 2
    wait_for(lambda: budget_of(company, mission)["reserved"] == 0, "nothing reserved")


def test_cancel_wins_over_what_waits_at_the_desk(company: Company) -> None:
    company.model.play(QUESTION)
    mission = company.give(REFERENCE)
    question = company.waiting(mission, "question")
    assert company.json("cancel", mission)["status"] == "cancelled"
    assert company.get("/api/desk")["items"] == []
    late = company.ceo("answer", question["id"], "Germany")
    assert late.returncode == 2
    assert "expired" in late.stderr
    assert company.mission(mission)["status"] == "cancelled"


def test_a_budget_that_is_too_small_parks_the_mission_until_the_ceo_raises_it(
    company: Company, bill: tuple[int, int]
) -> None:
    limit = bill[1] // 6  # not even a call with a quarter of its tokens fits
    mission = company.give(REFERENCE, budget_microusd=limit)
    item = company.waiting(mission, "budget")
    parked = company.mission(mission)
    assert (parked["tasks"][0]["status"], parked["spent_microusd"]) == ("parked", 0)
    shown = company.ceo("inbox").stdout
    assert f"budget reached: $0.00 of ${limit / 1_000_000:.4f} spent for this mission" in shown
    assert f"ceo approve {item['id']}" in shown
    assert company.json("approve", item["id"])["status"] == "granted"
    raised = company.mission(mission)["limit_microusd"]
    assert raised == item["amount_microusd"] > bill[1]
    while company.when(mission, lambda m: m["waiting"] or m["finished_at"], "the end")["waiting"]:
        company.post(f"/api/desk/{company.waiting(mission, 'budget')['id']}/approve", {"limit_microusd": 2_000_000})
    assert company.ended(mission)["status"] == "succeeded"
    check_books(company, mission)


def test_spend_and_what_is_held_never_pass_the_limit_while_many_call_at_once(
    company: Company, bill: tuple[int, int]
) -> None:
    company.model.slow_down(0.05)
    limit = bill[0] + bill[1] + 500  # enough for all calls one by one, not for the worst case of three at once
    mission = company.give(REFERENCE, budget_microusd=limit)
    seen = []

    def look() -> bool:
        row = budget_of(company, mission)
        seen.append(row["spent"] + row["reserved"])
        return bool(company.mission(mission)["finished_at"])

    wait_for(look, "the end", 60)
    assert 0 < max(seen) <= limit
    ended = company.mission(mission)
    assert (ended["status"], ended["waiting"], ended["limit_microusd"]) == ("succeeded", [], limit)
    check_books(company, mission)


def test_a_limit_reached_half_way_keeps_what_was_done(company: Company, bill: tuple[int, int]) -> None:
    mission = company.give(REFERENCE, budget_microusd=half_of(bill))
    item = company.waiting(mission, "budget")
    half = company.when(mission, lambda m: all(t["status"] not in ("claimed", "working") for t in m["tasks"]), "a halt")
    assert 0 < half["spent_microusd"] <= half_of(bill)
    assert half["tasks"][0]["status"] == "completed"
    company.json("approve", item["id"], "--budget", "1.50")
    ended = company.ended(mission)
    assert (ended["status"], ended["limit_microusd"]) == ("succeeded", 1_500_000)
    check_books(company, mission)


def test_a_denied_budget_leaves_the_mission_parked_and_it_can_be_cancelled(company: Company) -> None:
    mission = company.give(REFERENCE, budget_microusd=100)
    item = company.waiting(mission, "budget")
    assert company.json("deny", item["id"], "--why", "too dear")["status"] == "denied"
    assert company.mission(mission)["tasks"][0]["status"] == "parked"
    assert company.ask("POST", f"/api/desk/{item['id']}/approve").status_code == 409
    assert company.post(f"/api/missions/{mission}/cancel")["spent_microusd"] == 0


def test_a_denied_budget_that_is_raised_after_all_goes_on_just_where_it_was(
    company: Company, bill: tuple[int, int]
) -> None:
    mission = company.give(REFERENCE, budget_microusd=half_of(bill))
    item = company.waiting(mission, "budget")
    company.when(mission, lambda m: all(t["status"] not in ("claimed", "working") for t in m["tasks"]), "a halt")
    company.json("deny", item["id"])
    before, asked = steps(company, mission), company.model.stats()
    assert company.mission(mission)["waiting"] == []
    low = company.ceo("budget", mission, "0.000001")
    assert low.returncode == 2
    assert "already spent" in low.stderr
    assert company.json("budget", mission, "1.50")["limit_microusd"] == 1_500_000
    assert company.ended(mission)["status"] == "succeeded"
    after, stats = steps(company, mission), company.model.stats()
    assert after[: len(before)] == before
    assert stats["answered"] == stats["distinct"] > asked["answered"]  # no answer was asked for again
    check_books(company, mission)


def steps(company: Company, mission: str) -> list[tuple[str, int, str, str]]:
    """Every turn of a mission, oldest first, as it was written."""
    query = """select k.id, t.n, t.speaker, t.content from turns t join tasks k on k.id = t.task_id
               where k.mission_id = ? and t.status = 'done' order by t.id"""
    return [tuple(row) for row in company.rows(query, mission)]


def test_todays_and_the_companys_limit_are_set_too(company: Company) -> None:
    spent = company.get("/api/budget")["company"]["spent_microusd"]
    assert company.json("budget", "company", "150") == {
        "of": "company", "limit_microusd": 150_000_000, "spent_microusd": spent, "reserved_microusd": 0,
        "price_known": True, "allowances": [],
    }  # fmt: skip
    assert company.json("budget", "day", "15")["limit_microusd"] == 15_000_000
    money = company.get("/api/budget")
    assert [money[what]["limit_microusd"] for what in ("company", "day")] == [150_000_000, 15_000_000]
    assert company.ask("POST", "/api/budget/week", json={"limit_microusd": 1}).status_code == 422


def test_a_question_parks_its_task_only_and_the_answer_wakes_it(company: Company) -> None:
    company.model.play(QUESTION)
    mission = company.give(REFERENCE)
    item = company.waiting(mission, "question")
    assert (item["role"], item["text"]) == ("pm", "Which country first?")
    company.when(mission, lambda m: sum(t["status"] == "completed" for t in m["tasks"]) == 3, "the others")
    assert company.ceo("approve", item["id"]).returncode == 2
    assert company.json("answer", item["id"], "Germany, then Austria")["status"] == "answered"
    assert company.ended(mission)["status"] == "succeeded"
    (said,) = results_of(company, mission, "ask")
    assert re.fullmatch(r"The CEO answers: Germany, then Austria\n\[trail entry e\d+\]", said)
    again = company.ceo("answer", item["id"], "France")
    assert again.returncode == 2
    assert "already been answered" in again.stderr
    check_books(company, mission)


def test_a_denied_question_is_an_answer_too(company: Company) -> None:
    company.model.play(QUESTION)
    mission = company.give(REFERENCE)
    company.json("deny", company.waiting(mission, "question")["id"], "--why", "find out yourself")
    assert company.ended(mission)["status"] == "succeeded"
    assert "find out yourself" in results_of(company, mission, "ask")[0]


def test_whoever_runs_a_mission_is_told_what_waits_and_what_to_type(company: Company) -> None:
    company.model.play(QUESTION)
    runner = company.begin("run", REFERENCE)
    assert runner.stdout
    told = next(line for line in runner.stdout if "WAITING FOR YOU" in line)
    typed = next(line for line in runner.stdout if "ceo answer" in line)
    item = company.get("/api/desk")["items"][0]
    assert "Which country first?" in told
    assert f'ceo answer {item["id"]} "TEXT"' in typed
    company.post(f"/api/desk/{item['id']}/answer", {"text": "Germany"})
    _, err = runner.communicate(timeout=60)
    assert runner.returncode == 0, err


@pytest.fixture
def autonomy(company: Company) -> Any:
    """Set the autonomy policy; as it was afterwards."""
    before = company.get("/api/policies")["autonomy"]

    def put(**verdicts: str) -> None:
        assert company.ask("PUT", "/api/policies/autonomy", json={"value": {**before, **verdicts}}).is_success

    yield put
    put()


def test_a_command_waits_for_permission_where_the_policy_asks_for_it(company: Company, autonomy: Any) -> None:
    company.json("policy", "autonomy", json.dumps({"execute": "ask"}))
    company.model.play(plans(one("tool", "engineer", "code")))
    mission = company.give("Build invoices for freelancers")
    item = company.waiting(mission, "permission")
    assert "run_command" in item["text"]
    assert "unittest" in item["text"]
    assert results_of(company, mission, "run_command") == []
    company.json("approve", item["id"])
    wait_for(lambda: results_of(company, mission, "run_command"), "the command's result")
    autonomy(execute="allow")
    for later in company.get("/api/desk")["items"]:  # what was asked for under the old policy still is
        company.post(f"/api/desk/{later['id']}/approve")
    assert company.ended(mission)["status"] == "succeeded"
    check_books(company, mission)


def test_a_denied_command_is_not_run_and_the_agent_reads_why(company: Company, autonomy: Any) -> None:
    autonomy(execute="ask")
    company.model.play(plans(one("tool", "engineer", "code")))
    mission = company.give("Build invoices for freelancers")
    company.json("deny", company.waiting(mission, "permission")["id"], "--why", "not on this machine")
    said = wait_for(lambda: results_of(company, mission, "run_command"), "the call's result")[0]
    assert "not on this machine" in said
    assert not said.startswith("exit")


def test_what_the_policy_forbids_is_not_offered_and_nobody_waits_for_it(company: Company, autonomy: Any) -> None:
    """That a call of it is told so at once is the policy hook's own test."""
    autonomy(execute="deny")
    company.model.play(plans(one("tool", "engineer", "code")))
    mission = company.give("Build invoices for freelancers")
    ended = company.ended(mission)
    query = "select o.told from openings o join tasks k on k.id = o.id where k.mission_id = ? and k.key = 'tool'"
    (row,) = company.rows(query, mission)
    shown = json.loads(row["told"])["tools"]
    assert "push" in shown
    assert not {"run_command", "background_command"} & set(shown)
    assert results_of(company, mission, "run_command") == []
    assert ended["waiting"] == []


@pytest.mark.parametrize(
    "words", [("autonomy", "{"), ("autonomy", '{"execute": "perhaps"}'), ("autonomy", "[]"), ("no-such", "{}")]
)
def test_a_policy_that_does_not_fit_is_refused_in_one_line(company: Company, words: tuple[str, ...]) -> None:
    before = company.get("/api/policies")
    done = company.ceo("policy", *words)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert company.get("/api/policies") == before
