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
_SIMPLER_PLAN = {"ideas", "market", "mvp"}
MAX_CITATIONS = 5
NO_PLAYBOOK = "none"


def plan(view: StaffView) -> Iterator[StaffStep]:
    """Submit one plan, without what is already delivered; if it is refused, without what the refusal names."""
    data = fill(load("plan.yaml"), view.business.facts())
    delivered = {where.rpartition("/")[2].removesuffix(".md") for done in view.task.results for _, where in done.places}
    wanted = [task for task in data["tasks"] if task["name"] not in delivered] or data["tasks"][-1:]
    refused = view.history.last("submit_plan")
    if refused:
        wanted = _without(wanted, set(_NAMED.findall(refused.result)))
    if view.task.playbook == NO_PLAYBOOK:  # the directive names none, and none was taken yet
        yield StaffStep("This is a startup.", (ScriptedCall("read_playbook", {"name": "startup"}),))
    again = "-again" if view.task.results or refused else ""  # a failed task's key is not taken twice
    keys = {task["key"]: f"{task['key']}{again}" for task in wanted}
    tasks = [planned(task, keys) for task in wanted]
    yield StaffStep(
        f"I see {view.business.product} for {view.business.audience} in this.",
        (ScriptedCall("submit_plan", {"summary": data["summary"], "tasks": tasks}),),
    )


def _without(tasks: list[dict[str, Any]], named: set[str]) -> list[dict[str, Any]]:
    kept = [task for task in tasks if not named.intersection((task["name"], task["role"]))]
    if len(kept) < len(tasks):
        return kept or tasks[:1]
    return [task for task in tasks if task["key"] in _SIMPLER_PLAN] or tasks[:1]


def planned(task: dict[str, Any], keys: dict[str, str]) -> dict[str, Any]:
    """Return a task of plan.yaml as a plan has it; `keys` are those of the plan's tasks by those of the file."""
    deliverable = {"kind": task["kind"], "name": task["name"]}
    if task["kind"] == "code":
        deliverable["test_command"] = TEST_COMMAND
    kept = {name: task[name] for name in ("title", "role", "description", "acceptance")}
    needs = [keys[key] for key in task["after"] if key in keys]
    gate = {"gate": task["gate"]} if "gate" in task else {}
    return {"key": keys[task["key"]], **kept, "deliverable": deliverable, "depends_on": needs, **gate}


def synthesis(view: StaffView) -> Iterator[StaffStep]:
    """Write the mission's README and finish, in one answer."""
    business, task = view.business, view.task
    title = f"{business.product}: what the mission brought"
    cited = task.trail[:MAX_CITATIONS]
    body = report("synthesis", title, task, business, cited)
    readme = {"name": "README", "title": title, "body": body, "sources": [entry.id for entry in cited]}
    summary = (
        f"{business.product} for {business.audience}: {len(task.results)} results, summed up in the README. "
        "Played by the rehearsal model; the findings are invented."
    )
    yield StaffStep(
        "Everything is in; I sum it up.",
        (ScriptedCall("write_report", readme), ScriptedCall("finish", {"summary": summary})),
    )
