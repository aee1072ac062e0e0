"""The staff reaches the end of each task, with every tool played for real: files, commands, a trail, reports."""

import re
import subprocess
from typing import Any

import pytest

FREELANCERS = "Find a small SaaS for freelancers that can earn $300-600 a month, and build its MVP"
BAKERIES = "Help us sell a stock app for small bakeries, 200 to 900 dollars a month"
OTHERS = (
    "Take bookings for yoga teachers",
    "Track working hours for nurses",
    "A board of wishes for podcasts",
    "写一个",
)
TESTS = "python3 -m unittest discover -s tests"


@pytest.mark.parametrize("directive", [FREELANCERS, BAKERIES, *OTHERS])
def test_the_plan_is_one_answer_with_parallel_tasks_and_no_cycle(office: Any, request_for: Any, directive: str) -> None:
    played = office().run(request_for("vp", "plan", directive), limit=1)
    tasks = played.plan["tasks"]
    assert [task["role"] for task in tasks] == ["pm", "sales", "pm", "sales", "engineer", "sales"]
    names = [task["deliverable"]["name"] for task in tasks]
    assert [*names[:4], names[5]] == ["ideas", "market-validation", "prd", "pricing", "go-to-market"]
    assert tasks[4]["deliverable"]["test_command"] == TESTS
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) for name in names)
    before: set[str] = set()
    for task in tasks:
        assert set(task["depends_on"]) <= before
        assert task["acceptance"]
        before.add(task["key"])
    waits = [tuple(task["depends_on"]) for task in tasks]
    assert len(set(waits)) < len(waits)


@pytest.mark.parametrize("directive", [FREELANCERS, BAKERIES, *OTHERS])
@pytest.mark.parametrize("name", ["ideas", "market-validation", "prd", "pricing", "go-to-market", "churn-study"])
def test_a_report_stands_on_its_own_findings(office: Any, request_for: Any, directive: str, name: str) -> None:
    request = request_for("sales", "work", directive, f"report `{name}`", title=f"Write {name}")
    played = office(["an older entry"]).run(request)
    assert played.ended.startswith("finished")
    assert played.answers == 3
    report = played.reports[name]
    assert report["sources"] == [f"e{n}" for n in range(2, len(played.trail) + 1)]
    assert len(report["sources"]) >= 2
    assert "Written by the rehearsal model" in report["body"]
    assert "invented" in report["body"]
    assert "|---" in report["body"]
    assert set(re.findall(r"\[(e\d+)\]", report["body"])) == set(report["sources"])
    assert not re.search(r"https?://|[{}]|None", report["body"])


def test_a_report_cites_what_others_found_before(office: Any, request_for: Any) -> None:
    trail = "- [e1] finding by pm: They like it.\n- [e2] log by pm: Started."
    request = request_for("sales", "work", FREELANCERS, "report `pricing`", trail=trail)
    played = office(["They like it.", "Started."]).run(request)
    assert "e1" in played.reports["pricing"]["sources"]
    assert "## Sources" not in played.reports["pricing"]["body"], "the program lists them"
    assert "e2" not in played.reports["pricing"]["sources"]


@pytest.mark.parametrize("directive", [FREELANCERS, BAKERIES, *OTHERS])
def test_the_program_s_tests_fail_at_first_and_pass_when_fixed(office: Any, request_for: Any, directive: str) -> None:
    request = request_for("engineer", "work", directive, "code `product`", test_command=TESTS)
    played = office().run(request)
    assert played.ended.startswith("finished")
    first, second = played.used("run_command")
    assert first.startswith("exit 1")
    assert "FAILED (" in first
    assert second.startswith("exit 0")
    assert re.search(r"Ran [4-9] tests", second)
    assert len(played.used("edit_file")) == len(played.used("commit")) == len(played.used("push")) == 1
    assert "rehearsal model" in (played.folder / "README.md").read_text()
    assert played.answers == 9


@pytest.mark.parametrize("directive", [FREELANCERS, BAKERIES, *OTHERS])
def test_the_readme_s_commands_work(office: Any, request_for: Any, directive: str) -> None:
    played = office().run(request_for("engineer", "work", directive, "code `product`"))
    lines = (played.folder / "README.md").read_text().partition("## Use")[2].partition("```\n")[2].partition("\n```")[0]
    for line in lines.splitlines():
        ran = subprocess.run(["bash", "-c", line], cwd=played.folder, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, f"{line}: {ran.stderr}"


def test_two_directives_give_different_companies(office: Any, request_for: Any) -> None:
    first, second = (office().run(request_for("vp", "plan", text)).plan for text in (FREELANCERS, BAKERIES))
    assert first["tasks"][4]["deliverable"]["name"] != second["tasks"][4]["deliverable"]["name"]
    assert "freelancers" in first["summary"]
    assert "300-600 USD" in first["summary"]
    assert "small bakeries" in second["summary"]
    assert "200-900 USD" in second["summary"]
    programs = [office().run(request_for("engineer", "work", text, "code `it`")) for text in (FREELANCERS, BAKERIES)]
    assert (programs[0].folder / "invoices.py").exists()
    assert (programs[1].folder / "stock.py").exists()


def test_the_synthesis_links_to_every_result_in_one_answer(office: Any, request_for: Any) -> None:
    before = (
        "- pm, Generate three ideas: Chose one. (report `find-a-saas/ideas.md`)\n"
        "- engineer, Build it: Works, tests: 5. (report `find-a-saas/log.md`) (repository `freelancer-ledger`)\n"
        "- sales, Think: Just a note."
    )
    trail = "- [e1] finding by pm: They like it."
    played = office(["They like it."]).run(
        request_for("vp", "synthesis", FREELANCERS, "report `README`", before=before, trail=trail), limit=1
    )
    assert played.ended.startswith("finished")
    body = played.reports["README"]["body"]
    assert "[ideas.md](ideas.md)" in body
    assert "[log.md](log.md), repository `freelancer-ledger`" in body
    assert "Just a note." in body
    assert played.reports["README"]["sources"] == ["e1"]


def test_an_answer_and_a_note_are_one_call(office: Any, request_for: Any) -> None:
    for request in (
        request_for("pm", "answer", FREELANCERS),
        request_for("legal", "work", FREELANCERS, "note `terms`"),
    ):
        played = office().run(request, limit=1)
        assert played.ended.startswith("finished")
        assert "Freelancer" in played.ended


def test_what_is_delivered_is_not_planned_again(office: Any, request_for: Any) -> None:
    before = (
        "- pm, Ideas: Done. (report `mis_1/ideas.md`)\n- sales, Market: Done. (report `mis_1/market-validation.md`)"
    )
    tasks = office().run(request_for("vp", "plan", FREELANCERS, before=before)).plan["tasks"]
    assert [task["key"] for task in tasks] == ["prd-again", "pricing-again", "mvp-again", "launch-again"]
    assert tasks[0]["depends_on"] == []


def test_the_reference_workflow_is_fourteen_calls(office: Any, request_for: Any, spawn: Any) -> None:
    _, url = spawn("--scenario", "reference")
    for at, prefix in ((url, ""), ("", "[reference] ")):
        directive = f"{prefix}{FREELANCERS}"
        plan = office(at=at).run(request_for("vp", "plan", directive), limit=1)
        answers = plan.answers
        assert [task["depends_on"] for task in plan.plan["tasks"]] == [[], [], []]
        for task in plan.plan["tasks"]:
            deliverable = f"report `{task['deliverable']['name']}`"
            played = office(at=at).run(request_for(task["role"], "work", directive, deliverable))
            assert [name for name, _ in played.log] == ["leave_trail", "read_trail", "write_report", "finish"]
            assert played.answers == 4
            answers += played.answers
        answers += office(at=at).run(request_for("vp", "synthesis", directive), limit=1).answers
        assert answers == 14
