"""The reference workflow that benchmarks measure: 14 calls, 6 in sequence.

A plan of three reports that wait for nothing; each of their authors uses three tools, one in each turn, and finishes
with its fourth call; one synthesis.
"""

from collections.abc import Iterator

from damascus.doubles.model.scripted_answer import ScriptedCall
from damascus.doubles.model.staff.steps import StaffStep, StaffView
from damascus.doubles.model.staff.writer import end, findings, report_call

_ROLES = ("pm", "sales", "engineer")


def plan(_view: StaffView) -> Iterator[StaffStep]:
    """Plan three tasks that wait for nothing."""
    tasks = [
        {
            "key": role,
            "title": f"Reference note of {role}",
            "role": role,
            "description": "Leave one finding, read the trail, write a short report.",
            "deliverable": {"kind": "report", "name": f"reference-{role}"},
            "acceptance": ["the report names its source"],
            "depends_on": [],
        }
        for role in _ROLES
    ]
    call = ScriptedCall("submit_plan", {"summary": "The reference workflow: three reports at once.", "tasks": tasks})
    yield StaffStep("Three reports, at once.", (call,))


def write(view: StaffView) -> Iterator[StaffStep]:
    """Leave one finding, read the trail, write one report, finish: four calls."""
    yield StaffStep("A finding.", findings(view, "note")[:1])
    yield StaffStep("What do the others say?", (ScriptedCall("read_trail", {}),))
    yield StaffStep("The report.", (report_call(view, "note"),))
    yield end(view, f"`{view.task.name}` is written.")
