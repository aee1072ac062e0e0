"""The reference workflow that benchmarks measure: 14 calls, 6 in sequence.

A plan of three reports that wait for nothing; each of their authors uses three tools, one in each turn, and finishes
with its fourth call; one synthesis.
"""

from collections.abc import Iterator

from damascus.llm.rehearsal.answers import Call
from damascus.llm.rehearsal.staff.steps import Desk, Step
from damascus.llm.rehearsal.staff.writer import end, findings, report_call

_ROLES = ("pm", "sales", "engineer")


def plan(_desk: Desk) -> Iterator[Step]:
    """Three tasks at once."""
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
    call = Call("submit_plan", {"summary": "The reference workflow: three reports at once.", "tasks": tasks})
    yield Step("Three reports, at once.", (call,))


def write(desk: Desk) -> Iterator[Step]:
    """One finding, one look at the trail, one report, the end: four calls."""
    yield Step("A finding.", findings(desk, "note")[:1])
    yield Step("What do the others say?", (Call("read_trail", {}),))
    yield Step("The report.", (report_call(desk, "note"),))
    yield end(f"`{desk.task.name}` is written.")
