"""Careful staff: it asks the CEO once what is meant, reviews, and stops what a gate says is not worth building.

The VP asks a question of direction and plans by the startup playbook; the program counts the words of the ideas, and
the VP reviews them: of two things that they must say the PM adds one when it revises, and the other it cannot. Sales
counts fewer buyers than the gate wants and says stop; the VP plans again, without the program. Any other task is done
as in the startup scenario.
"""

from collections.abc import Iterator
from typing import Any

from damascus.doubles.model.scripted_answer import ScriptedCall
from damascus.doubles.model.staff import vp, writer
from damascus.doubles.model.staff.business import fill, load
from damascus.doubles.model.staff.steps import StaffStep, StaffView

QUESTION = "Is it to be sold as a subscription, or once as a licence?"
OPTIONS = ("a subscription", "a licence, paid once")
BUYERS, WANTED = 120, 300
ADDED, LACKING = "the biggest doubt", "three signed orders"
MIN_WORDS = 50
_LINES = (f"it has at least {MIN_WORDS} words", f"it says “{ADDED}”", f"it says “{LACKING}”")
_REVISION = f"\n\n## What we doubt\n\nThat anybody pays at all is {ADDED}: nobody was asked for money yet.\n"
_FIRST = ("ideas", "market", "mvp")
_INSTEAD = {
    "key": "instead", "title": "What would be worth building instead", "role": "pm",
    "description": "The market is too small. From the report `market-validation`, say what to build instead.",
    "deliverable": {"kind": "report", "name": "instead"}, "acceptance": ["one other product is named, with the reason"],
    "depends_on": ["market"],
}  # fmt: skip


def plan(view: StaffView) -> Iterator[StaffStep]:
    """Ask for the direction, plan with a gate; after its stop plan what is worth doing without the program."""
    if "refer_gate" in view.request.tools:
        call = ScriptedCall("submit_plan", {"summary": "No program: what else would be worth it?", "tasks": [_INSTEAD]})
        yield StaffStep("The market says no, so nothing is built.", (call,))
        return
    if view.task.playbook == vp.NO_PLAYBOOK:
        yield StaffStep("This is a startup.", (ScriptedCall("read_playbook", {"name": "startup"}),))
    asked = {"question": QUESTION, "options": list(OPTIONS), "assumption": OPTIONS[0]}
    yield StaffStep("That would be two products.", (ScriptedCall("ask_direction", asked),))
    data = fill(load("plan.yaml"), view.business.facts())
    tasks = [vp.planned(task, {key: key for key in _FIRST}) for task in data["tasks"] if task["key"] in _FIRST]
    for task in tasks:
        if task["key"] == "ideas":
            _ask_more(task)
        if task["key"] == "market":
            task["gate"] = {"question": "Are there buyers enough?", "measure": "buyers in reach", "at_least": WANTED}
    yield StaffStep("Now I plan.", (ScriptedCall("submit_plan", {"summary": data["summary"], "tasks": tasks}),))


def write(view: StaffView) -> Iterator[StaffStep]:
    """Write a report, and revise it once; where a gate asks for a number, give one that means stop."""
    steps = list(writer.write(view))
    refused = view.history.last("finish")
    yield from map(_revised, steps[:-1]) if refused and ADDED in refused.result else steps[:-1]
    if view.task.gate:
        found = f"Only {BUYERS} buyers can be reached, {WANTED} would be needed."
        arguments = {"summary": found, "verdict": "stop", "number": BUYERS}
        yield StaffStep(found, (ScriptedCall("finish", arguments),))
    else:
        yield steps[-1]


def _ask_more(task: dict[str, Any]) -> None:
    """Ask a task for a line that the program checks, and for two that somebody has to read it for."""
    task["acceptance"] = [*task["acceptance"], *_LINES]
    check = {"line": len(task["acceptance"]) - len(_LINES) + 1, "kind": "words", "at_least": MIN_WORDS}
    task["deliverable"]["checks"] = [check]


def _revised(step: StaffStep) -> StaffStep:
    """Return a step with what the review missed and can be said; what cannot truly be said stays out."""
    calls = [
        ScriptedCall(call.name, {**call.arguments, "body": f"{call.arguments['body']}{_REVISION}"})
        if call.name == "write_report" and isinstance(call.arguments, dict) else call
        for call in step.calls
    ]  # fmt: skip
    return StaffStep(step.text, tuple(calls))
