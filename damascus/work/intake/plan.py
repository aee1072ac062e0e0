"""Checks a plan against the company before anything is written."""

from collections import Counter
from collections.abc import Collection
from graphlib import CycleError, TopologicalSorter

from damascus.core.errors import Invalid
from damascus.core.records.plan import Plan
from damascus.core.records.tasks import DeliverableKind


def check_plan(plan: Plan, roles: Collection[str], coders: Collection[str], existing: Collection[str] = ()) -> None:
    """Raise Invalid with every fault of the plan: unknown roles, keys used twice, unknown needs, cycles.

    `coders` are the roles that can push code; `existing` are keys of completed tasks that a re-plan may need.
    """
    keys = [task.key for task in plan.tasks]
    faults = [f"the key {key!r} is used {n} times" for key, n in Counter(keys).items() if n > 1]
    faults += [f"the key {key!r} is taken by an earlier task" for key in keys if key in existing]
    for task in plan.tasks:
        if task.role not in roles:
            faults.append(f"task {task.key!r}: there is no role {task.role!r}; known: {', '.join(sorted(roles))}")
        elif task.deliverable.kind == DeliverableKind.CODE and task.role not in coders:
            faults.append(f"task {task.key!r}: {task.role!r} cannot push code; use {', '.join(sorted(coders))}")
        unknown = [need for need in task.depends_on if need not in keys and need not in existing]
        faults += [f"task {task.key!r} depends on {need!r}, which is not in the plan" for need in unknown]
    faults += _names_taken_twice(plan)
    faults += _idle_gates(plan)
    faults += _cycles(plan)
    if faults:
        raise Invalid("the plan is not valid: " + "; ".join(faults))


def check_gates(plan: Plan, model: Plan, name: str) -> None:
    """Raise Invalid if the plan leaves out what the playbook `name` has: code behind a gate, else a gate.

    `model` is the playbook's own plan. It is for plans of missions in which no gate has said go yet.
    """
    gates = ", ".join(repr(task.key) for task in model.tasks if task.gate)
    if not gates:
        return
    builds = any(task.deliverable.kind == DeliverableKind.CODE for task in model.tasks)
    free = [f"; {key!r} does not" for key in _ungated(plan)] if builds and not _ungated(model) else []
    if free or not (builds or any(task.gate for task in plan.tasks)):
        raise Invalid(
            f"the plan leaves out the gate of the playbook {name!r} ({gates}): give a task a `gate`, and let every "
            f"task that delivers code depend on it{''.join(free)}"
        )


def _ungated(plan: Plan) -> list[str]:
    """Return the keys of the tasks that deliver code and wait for no gate, directly or through others."""
    by_key, behind = {task.key: task for task in plan.tasks}, set[str]()
    gates = {task.key for task in plan.tasks if task.gate}
    for key in TopologicalSorter({task.key: task.depends_on for task in plan.tasks}).static_order():
        if key in by_key and (gates | behind).intersection(by_key[key].depends_on):
            behind.add(key)
    return [t.key for t in plan.tasks if t.deliverable.kind == DeliverableKind.CODE and t.key not in behind]


def _idle_gates(plan: Plan) -> list[str]:
    needed = {need for task in plan.tasks for need in task.depends_on}
    idle = [task.key for task in plan.tasks if task.gate and task.key not in needed]
    return [f"task {key!r} has a gate, but no task depends on it: a gate decides whether others begin" for key in idle]


def _names_taken_twice(plan: Plan) -> list[str]:
    planned = [task.deliverable for task in plan.tasks]
    files = [(wanted.kind, wanted.name) for wanted in planned if wanted.kind != DeliverableKind.NOTE]
    faults = [f"{n} tasks deliver the {kind} {name!r}" for (kind, name), n in Counter(files).items() if n > 1]
    if any(kind == DeliverableKind.REPORT and name.lower() == "readme" for kind, name in files):
        faults.append("the report name 'README' is kept for the VP's summary")
    return faults


def _cycles(plan: Plan) -> list[str]:
    try:
        TopologicalSorter({task.key: task.depends_on for task in plan.tasks}).prepare()
    except CycleError as error:
        return ["tasks wait for each other in a circle: " + " -> ".join(error.args[1])]
    return []
