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
    faults += _cycles(plan)
    if faults:
        raise Invalid("the plan is not valid: " + "; ".join(faults))


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
