"""The VP: a plan by the startup playbook, and the summary when all is done."""

from collections.abc import Iterator
from typing import Any

from damascus.llm.rehearsal.answers import Call
from damascus.llm.rehearsal.staff.company import fill, load
from damascus.llm.rehearsal.staff.steps import Desk, Step
from damascus.llm.rehearsal.staff.texts import report

TEST_COMMAND = "python3 -m unittest discover -s tests"
_SIMPLER = {"ideas", "mvp"}
_CITED = 5


def plan(desk: Desk) -> Iterator[Step]:
    """One plan; a simpler one when the first was sent back. What is already delivered is not planned again."""
    data = fill(load("plan.yaml"), desk.company.facts())
    delivered = {result.where.rpartition("/")[2].removesuffix(".md") for result in desk.task.results}
    wanted = [task for task in data["tasks"] if task["name"] not in delivered] or data["tasks"][-1:]
    refused = desk.history.last("submit_plan")
    if refused:
        wanted = [task for task in wanted if task["key"] in _SIMPLER] or wanted[:1]
    keys = {task["key"] for task in wanted}
    tasks = [_task(task, keys) for task in wanted]
    yield Step(
        f"I see {desk.company.product} for {desk.company.audience} in this.",
        (Call("submit_plan", {"summary": data["summary"], "tasks": tasks}),),
    )


def _task(task: dict[str, Any], keys: set[str]) -> dict[str, Any]:
    deliverable = {"kind": task["kind"], "name": task["name"]}
    if task["kind"] == "code":
        deliverable["test_command"] = TEST_COMMAND
    kept = {name: task[name] for name in ("key", "title", "role", "description", "acceptance")}
    return {**kept, "deliverable": deliverable, "depends_on": [key for key in task["after"] if key in keys]}


def synthesis(desk: Desk) -> Iterator[Step]:
    """The mission's README and the end, in one answer."""
    company, task = desk.company, desk.task
    title = f"{company.product}: what the mission brought"
    cited = task.trail[:_CITED]
    body = report("synthesis", title, task, company, cited)
    readme = {"name": "README", "title": title, "body": body, "sources": [entry.id for entry in cited]}
    summary = (
        f"{company.product} for {company.audience}: {len(task.results)} results, summed up in the README. "
        "Played by the rehearsal model; the findings are invented."
    )
    yield Step("Everything is in; I sum it up.", (Call("write_report", readme), Call("finish", {"summary": summary})))
