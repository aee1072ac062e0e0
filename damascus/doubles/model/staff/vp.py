"""The VP: a plan by the startup playbook, and the summary when all is done."""

import re
from collections.abc import Iterator
from typing import Any

from damascus.doubles.model.scripted_answer import ScriptedCall
from damascus.doubles.model.staff.business import fill, load
from damascus.doubles.model.staff.steps import StaffStep, StaffView
from damascus.doubles.model.staff.texts import report

TEST_COMMAND = "python3 -m unittest discover -s tests"
_NAMED = re.compile(r"['`]([A-Za-z0-9_-]+)['`]")
_SIMPLER = {"ideas", "mvp"}
_CITED = 5


def plan(desk: StaffView) -> Iterator[StaffStep]:
    """One plan, without what is delivered already; when it is sent back, without what the refusal names."""
    data = fill(load("plan.yaml"), desk.company.facts())
    delivered = {where.rpartition("/")[2].removesuffix(".md") for done in desk.task.results for _, where in done.places}
    wanted = [task for task in data["tasks"] if task["name"] not in delivered] or data["tasks"][-1:]
    refused = desk.history.last("submit_plan")
    if refused:
        wanted = _without(wanted, set(_NAMED.findall(refused.result)))
    again = "-again" if desk.task.results or refused else ""  # a failed task's key is not taken twice
    keys = {task["key"]: f"{task['key']}{again}" for task in wanted}
    tasks = [_task(task, keys) for task in wanted]
    yield StaffStep(
        f"I see {desk.company.product} for {desk.company.audience} in this.",
        (ScriptedCall("submit_plan", {"summary": data["summary"], "tasks": tasks}),),
    )


def _without(tasks: list[dict[str, Any]], named: set[str]) -> list[dict[str, Any]]:
    kept = [task for task in tasks if not named.intersection((task["name"], task["role"]))]
    if len(kept) < len(tasks):
        return kept or tasks[:1]
    return [task for task in tasks if task["key"] in _SIMPLER] or tasks[:1]


def _task(task: dict[str, Any], keys: dict[str, str]) -> dict[str, Any]:
    deliverable = {"kind": task["kind"], "name": task["name"]}
    if task["kind"] == "code":
        deliverable["test_command"] = TEST_COMMAND
    kept = {name: task[name] for name in ("title", "role", "description", "acceptance")}
    needs = [keys[key] for key in task["after"] if key in keys]
    return {"key": keys[task["key"]], **kept, "deliverable": deliverable, "depends_on": needs}


def synthesis(desk: StaffView) -> Iterator[StaffStep]:
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
    yield StaffStep(
        "Everything is in; I sum it up.",
        (ScriptedCall("write_report", readme), ScriptedCall("finish", {"summary": summary})),
    )
