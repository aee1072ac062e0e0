"""A staff that learns only from what its tasks tell it of earlier missions: for measuring what memory is worth.

It hands in its program untested, with the bug of its line of business, unless its task tells how that was put right
before; and it asks the CEO in which currency prices are, unless a rule of the CEO's says so. That real models use what
they are told is not shown by this; that they are told what would help them, in time and not twice, is.
"""

from collections.abc import Iterator

from damascus.doubles.model.scripted_answer import ScriptedCall
from damascus.doubles.model.staff import engineer, vp, writer
from damascus.doubles.model.staff.business import fill, load
from damascus.doubles.model.staff.steps import StaffStep, StaffView

_TASKS = ("pricing", "mvp")
_CURRENCY = "Which currency are prices in?"


def plan(view: StaffView) -> Iterator[StaffStep]:
    """Plan a report on the price and the program, which do not wait for each other."""
    data = fill(load("plan.yaml"), view.business.facts())
    tasks = [vp.planned(task, {task["key"]: task["key"]}) for task in data["tasks"] if task["key"] in _TASKS]
    yield StaffStep("Two tasks will do.", (ScriptedCall("submit_plan", {"summary": data["summary"], "tasks": tasks}),))


def write(view: StaffView) -> Iterator[StaffStep]:
    """Ask for the currency if nobody has said it, then write the report."""
    if not any("currency" in rule.lower() for rule in view.task.rules):
        yield StaffStep("That is for the CEO to say.", (ScriptedCall("ask", {"to": "ceo", "question": _CURRENCY}),))
    yield from writer.write(view)


def build(view: StaffView) -> Iterator[StaffStep]:
    """Hand the program in; if it is refused, find the bug, fix it and hand it in again."""
    product, kind = view.business.product, view.business.line["program"]
    program = load(f"programs/{kind}/program.yaml")
    files = engineer.program_files(view, view.task.test_command or vp.TEST_COMMAND)
    path = f"{kind}.py"
    if any(program["why"].lower() in memory.lower() for memory in view.task.memories):
        files[path] = files[path].replace(program["old"], program["new"])
    name = view.task.name or view.business.slug
    made = ScriptedCall("create_repository", {"name": name, "description": f"{product}: {program['about']}"})
    yield StaffStep("I set up the repository.", (made,))
    written = (ScriptedCall("write_file", {"path": file, "content": text}) for file, text in files.items())
    yield StaffStep("The program, its tests and a README.", tuple(written))
    hand_in = (ScriptedCall("commit", {"message": f"{product}: first version"}), ScriptedCall("push", {}))
    finish = ScriptedCall("finish", {"summary": f"{product}: {program['about']}. {program['why'].capitalize()}."})
    if view.history.last("finish") is None:
        yield StaffStep("I hand it in.", (*hand_in, finish))
        return
    yield StaffStep("It was refused; I read it again.", (ScriptedCall("read_file", {"path": path}),))
    edit = ScriptedCall("edit_file", {"path": path, "old": program["old"], "new": program["new"]})
    yield StaffStep(f"I see it: {program['why']}.", (edit,))
    yield StaffStep("Now it is right.", hand_in)
    yield StaffStep("I hand it in again.", (finish,))
