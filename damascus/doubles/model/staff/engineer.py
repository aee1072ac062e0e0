"""The Engineer: a small program with tests; one fails at first for a real bug, which is then fixed."""

from collections.abc import Iterator

from damascus.doubles.model.scripted_answer import ScriptedCall
from damascus.doubles.model.staff.business import load
from damascus.doubles.model.staff.steps import StaffStep, StaffView
from damascus.doubles.model.staff.texts import in_one_line, render
from damascus.doubles.model.staff.vp import TEST_COMMAND
from damascus.doubles.model.staff.writer import end

_IGNORED = "__pycache__/\n*.json\n"


def build(view: StaffView) -> Iterator[StaffStep]:
    """Create, write, test, fix, test again, commit, push."""
    product, kind = view.business.product, view.business.line["program"]
    program = load(f"programs/{kind}/program.yaml")
    command = view.task.test_command or TEST_COMMAND
    files = program_files(view, command)
    run = ScriptedCall("run_command", {"command": command})
    name = view.task.name or view.business.slug
    described = f"{product}: {program['about']}"
    yield StaffStep(
        "I set up the repository.", (ScriptedCall("create_repository", {"name": name, "description": described}),)
    )
    yield StaffStep("The program first.", (_write(files, f"{kind}.py"), _write(files, ".gitignore")))
    yield StaffStep("Now its tests and a README.", (_write(files, f"tests/test_{kind}.py"), _write(files, "README.md")))
    yield from _fix(view, run, f"{kind}.py", program, files[f"{kind}.py"].replace(program["old"], program["new"]))
    note = ScriptedCall(
        "leave_trail", {"kind": "completion", "text": f"{product}: the tests pass. Fixed: {program['why']}."}
    )
    commit = ScriptedCall("commit", {"message": f"{product}: first working version"})
    yield StaffStep("All tests pass; I commit and push.", (note, commit, ScriptedCall("push", {})))
    yield end(view, f"{described}. Its tests failed at first and pass now: {program['why']}. Pushed to `{name}`.")


def _fix(view: StaffView, run: ScriptedCall, path: str, program: dict[str, str], whole: str) -> Iterator[StaffStep]:
    """Run the tests until they pass: read the program, fix the bug; if that did not help, rewrite the file.

    Each change of a file makes the run stale, so the first step comes again until nothing is left to change.
    """
    yield StaffStep("I run the tests.", (run,))
    ran = view.history.last("run_command")
    if ran is None or not ran.exit_code:
        return
    complaint = ScriptedCall("leave_trail", {"kind": "error", "text": f"(rehearsal) {_complaint(ran.result)}"})
    yield StaffStep(
        "A test fails. I note it and read the program.", (complaint, ScriptedCall("read_file", {"path": path}))
    )
    edit = ScriptedCall("edit_file", {"path": path, "old": program["old"], "new": program["new"]})
    if not view.history.failures(edit):
        yield StaffStep(f"I see it: {program['why']}.", (edit,))
    yield StaffStep(
        "That was not enough; I rewrite the file.", (ScriptedCall("write_file", {"path": path, "content": whole}),)
    )
    yield StaffStep(
        "I give up.", (ScriptedCall("blocked", {"reason": f"the tests still fail: {_complaint(ran.result)}"}),)
    )


def _complaint(output: str) -> str:
    lines = [line.strip() for line in output.splitlines()]
    told = [line for line in lines if line.startswith(("FAIL:", "ERROR:", "AssertionError", "ValueError"))]
    return in_one_line("; ".join(told[:2]) or "the tests fail")


def program_files(view: StaffView, command: str) -> dict[str, str]:
    """Return the files of the program, which has its bug, by their paths."""
    kind = view.business.line["program"]
    program = load(f"programs/{kind}/program.yaml")
    facts = {
        "about": program["about"],
        "usage": program["usage"].rstrip(),
        "test_command": command,
        "directive_line": in_one_line(view.task.directive),
    }
    return {
        f"{kind}.py": render(f"programs/{kind}/program.py.j2", view.business, **facts),
        f"tests/test_{kind}.py": render(f"programs/{kind}/tests.py.j2", view.business, **facts),
        "README.md": render("programs/README.md.j2", view.business, **facts),
        ".gitignore": _IGNORED,
    }


def _write(files: dict[str, str], path: str) -> ScriptedCall:
    return ScriptedCall("write_file", {"path": path, "content": files[path]})
