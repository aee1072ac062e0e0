"""Careful staff: one question to the CEO, a gate that says stop, and a README that shows both."""

import json
from pathlib import Path

from tests.fixtures.company import Company, Mission

DIRECTIVE = "[careful] Find a small SaaS for freelancers that can earn $300-600 a month, and build its MVP"


def readme(mission: Mission) -> str:
    return next(Path(report["absolute"]).read_text() for report in mission["reports"] if report["name"] == "README")


def test_the_ceo_answers_a_gate_stops_and_the_readme_shows_it(company: Company) -> None:
    mission = company.give(DIRECTIVE)
    item = company.waiting(mission, "question")
    assert "1. a subscription" in item["text"]
    company.post(f"/api/desk/{item['id']}/answer", {"text": "2"})
    ended = company.ended(mission)
    assert ended["status"] == "succeeded", ended["reason"]
    tasks = {task["key"]: task for task in ended["tasks"]}
    assert (tasks["mvp"]["status"], tasks["mvp"]["reason"]) == (
        "cancelled", "the gate 'market' said stop, superseded by a new plan",
    )  # fmt: skip
    assert tasks["instead"]["status"] == "completed"
    verdict = tasks["market"]["verdict"]
    assert (verdict["word"], verdict["number"], verdict["decision"]) == ("stop", 120, "replanned")
    assert ended["playbook"] == "startup"
    assert not ended["repositories"]
    text = readme(ended)
    assert "**You answered:** a licence, paid once" in text[:1500]
    assert "**stop (120; buyers in reach: at least 300)**" in text
    assert "not begun: Build the MVP" in text
    answers = [event for event in company.events(mission=mission) if event["kind"] == "answer"]
    assert [event["author"] for event in answers] == ["ceo"]


def test_a_script_waits_for_nobody_and_the_assumption_is_noted(company: Company) -> None:
    done = company.ceo("run", DIRECTIVE, "--json", "--timeout", "90")
    assert done.returncode == 0, done.stderr
    text = Path(json.loads(done.stdout)["readme"]).read_text()
    assert "**Assumption:** Is it to be sold as a subscription, or once as a licence?" in text[:1500]
    assert "assumed: a subscription" in text[:1500]
