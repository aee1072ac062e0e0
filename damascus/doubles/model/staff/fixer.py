"""Staff that changes code which is there: one task, and an engineer who makes the edits that the directive names.

What to change belongs to the story that is played, so it stands in its directive, a line for each edit:
`EDIT: {"path": "a.py", "old": "x", "new": "y"}`.
"""

import json
from collections.abc import Iterator

from damascus.doubles.model.scripted_answer import ScriptedCall
from damascus.doubles.model.staff.steps import StaffStep, StaffView
from damascus.doubles.model.staff.vp import TEST_COMMAND
from damascus.doubles.model.staff.writer import end

MARK = "EDIT:"


def plan(view: StaffView) -> Iterator[StaffStep]:
    """Plan the one task."""
    name, again = view.task.existing_code, "-again" if view.history.last("submit_plan") else ""
    task = {
        "key": f"change{again}", "role": "engineer", "title": f"Change {name}",
        "description": "Make the change that the directive names, and prove it by the tests.",
        "deliverable": {"kind": "code", "name": name}, "acceptance": ["all tests pass"],
    }  # fmt: skip
    call = ScriptedCall("submit_plan", {"summary": f"Change {name}.", "tasks": [task]})
    yield StaffStep("One task will do.", (call,))


def change(view: StaffView) -> Iterator[StaffStep]:
    """Open, read, see the tests fail, edit, see them pass, commit and push."""
    name, edits = view.task.name, list(_edits(view.task.directive))
    run = ScriptedCall("run_command", {"command": view.task.test_command or TEST_COMMAND})
    opened = ScriptedCall("create_repository", {"name": name, "description": f"A change of {name}"})
    yield StaffStep("I open the code.", (opened, ScriptedCall("list_files", {})))
    yield StaffStep("I read it.", tuple(ScriptedCall("read_file", {"path": edit["path"]}) for edit in edits))
    yield StaffStep("Where do the tests stand?", (run,))
    yield StaffStep("I see the fault.", tuple(ScriptedCall("edit_file", edit) for edit in edits))
    yield StaffStep("And now?", (run,))
    ran = view.history.last("run_command")
    if ran is None or ran.exit_code:
        yield StaffStep("I give up.", (ScriptedCall("blocked", {"reason": "the tests still fail after the edits"}),))
    note = ScriptedCall("leave_trail", {"kind": "completion", "text": f"{name}: the fault is fixed, all tests pass."})
    commit = ScriptedCall("commit", {"message": f"Fix {', '.join(edit['path'] for edit in edits)}"})
    yield StaffStep("All tests pass.", (note, commit, ScriptedCall("push", {})))
    yield end(view, f"Fixed {', '.join(edit['path'] for edit in edits)}; all tests pass.")


def _edits(directive: str) -> Iterator[dict[str, str]]:
    for line in directive.splitlines():
        if line.startswith(MARK):
            yield json.loads(line.removeprefix(MARK))
