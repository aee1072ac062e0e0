"""Careful staff, whole: a question, a review, one revision, a line that does not hold, a gate; all in the README."""

from pathlib import Path

from tests.fixtures.company import Company

DIRECTIVE = "[careful] Find a small SaaS for freelancers that can earn $300-600 a month, and build its MVP"


def test_work_is_reviewed_and_revised_once_and_the_readme_says_what_does_not_hold(company: Company) -> None:
    mission = company.give(DIRECTIVE)
    item = company.waiting(mission, "question")
    company.post(f"/api/desk/{item['id']}/answer", {"text": "1"})
    ended = company.ended(mission)
    assert ended["status"] == "succeeded", ended["reason"]
    tasks = {task["key"]: task for task in ended["tasks"]}
    for key in ("ideas.review-1", "ideas.review-2"):
        assert (tasks[key]["kind"], tasks[key]["role"], tasks[key]["status"]) == ("review", "vp", "completed")
    assert "ideas.review-3" not in tasks
    rows = company.rows("select author, reviewer from reviews where mission_id = ?", mission)
    assert {(row["author"], row["reviewer"]) for row in rows} >= {("pm", "vp"), ("sales", "vp")}

    shown = {report["name"]: Path(report["absolute"]).read_text() for report in ended["reports"]}
    assert "is the biggest doubt: nobody was asked" in shown["ideas"], "it was revised"
    assert "three signed orders" not in shown["ideas"], "and what is not true was not added"
    readme = shown["README"]
    assert "**You answered:** a subscription" in readme, "the question"
    assert "(it has at least 50 words): it has" in readme, "what the program checked"
    assert "reviewed by vp, after a revision: 3 of 4 lines hold" in readme, "the review"
    assert "holds: it says “the biggest doubt”: “That anybody pays at all is the biggest doubt" in readme, (
        "the revision"
    )
    failed = readme.partition("## Failed, contradictory or not checked")[2]
    assert "does not hold: Generate three ideas for freelancers: it says “three signed orders”: vp: " in failed
    assert "**stop (120; buyers in reach: at least 300)**" in readme, "the gate"
    assert "not begun: Build the MVP" in readme
    calls = company.rows(
        "select count(*) as n from turns t join tasks k on k.id = t.task_id "
        "where k.mission_id = ? and k.key = 'ideas' and t.tool = 'finish'", mission,
    )  # fmt: skip
    assert calls[0]["n"] == 2, "a review that is content costs its author no call"


def test_work_is_reviewed_once_though_its_reviewer_and_its_author_die(company: Company) -> None:
    """The reviewer's process, then the author's: the review is found again, and no third one begins."""
    mission = company.give(DIRECTIVE)
    item = company.waiting(mission, "question")
    company.post(f"/api/desk/{item['id']}/answer", {"text": "1"})
    reviews = "select count(*) as n from reviews where mission_id = ?"
    company.when(mission, lambda _: company.rows(reviews, mission)[0]["n"], "a review")
    company.kill("vp-1")
    company.kill("pm-1")
    ended = company.ended(mission)
    assert ended["status"] == "succeeded", ended["reason"]
    rounds = company.rows(
        "select r.round, r.finished_at from reviews r join tasks t on t.id = r.task_id "
        "where r.mission_id = ? and t.key = 'ideas' order by r.round", mission,
    )  # fmt: skip
    assert [row["round"] for row in rounds] == [1, 2]
    assert all(row["finished_at"] for row in rounds)
