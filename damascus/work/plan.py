"""The plan a mission starts from: a schema that is checked before anything is written."""

import re
import shlex
from collections import Counter
from collections.abc import Collection
from graphlib import CycleError, TopologicalSorter
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from damascus.core.errors import Invalid

DEFAULT_TEST_COMMAND = "python3 -m unittest discover -s tests"
RUNNERS = (
    "python3 -m unittest",
    "python3 -m pytest",
    "python -m unittest",
    "python -m pytest",
    "pytest",
    "node --test",
    "npm test",
    "make test",
)
_OPERATORS = re.compile(r"[;&|<>`$\n\\]")
_SLUG = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,59}$"
MAX_TASKS = 12


class Deliverable(BaseModel):
    """What a task must leave behind, and for code how the program proves it."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["report", "code", "note"]
    name: str = Field(pattern=_SLUG, description="a short name of letters, digits and dashes")
    test_command: str | None = Field(
        default=None, max_length=200, description="code only: the command that runs the tests"
    )

    @model_validator(mode="after")
    def _testable(self) -> "Deliverable":
        if self.kind == "code" and self.test_command is not None:
            check_test_command(self.test_command)
        return self


class PlannedTask(BaseModel):
    """One task of a plan; `depends_on` names keys of other tasks that must be completed first."""

    model_config = ConfigDict(frozen=True)

    key: str = Field(pattern=_SLUG, description="unique within the plan")
    title: str = Field(min_length=1, max_length=200)
    role: str = Field(min_length=1, max_length=64, description="who does it")
    description: str = Field(min_length=1, max_length=8000)
    deliverable: Deliverable
    acceptance: list[str] = Field(min_length=1, max_length=12, description="what must hold for it to be done")
    depends_on: list[str] = Field(default_factory=list, max_length=MAX_TASKS)


class Plan(BaseModel):
    """A mission's tasks, 1 to 12 of them, as a graph without cycles."""

    model_config = ConfigDict(frozen=True)

    summary: str = Field(min_length=1, max_length=4000)
    tasks: list[PlannedTask] = Field(min_length=1, max_length=MAX_TASKS)


def check_test_command(command: str) -> None:
    """Raises ValueError unless the command is a known test runner with plain arguments: `true` proves nothing."""
    if _OPERATORS.search(command) or not any(command == r or command.startswith(f"{r} ") for r in RUNNERS):
        raise ValueError(f"test_command must be one of {', '.join(RUNNERS)}, with plain arguments")
    shlex.split(command)


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
        elif task.deliverable.kind == "code" and task.role not in coders:
            faults.append(f"task {task.key!r}: {task.role!r} cannot push code; use {', '.join(sorted(coders))}")
        unknown = [need for need in task.depends_on if need not in keys and need not in existing]
        faults += [f"task {task.key!r} depends on {need!r}, which is not in the plan" for need in unknown]
    faults += _names_taken_twice(plan)
    faults += _cycles(plan)
    if faults:
        raise Invalid("the plan is not valid: " + "; ".join(faults))


def _names_taken_twice(plan: Plan) -> list[str]:
    files = [(task.deliverable.kind, task.deliverable.name) for task in plan.tasks if task.deliverable.kind != "note"]
    faults = [f"{n} tasks deliver the {kind} {name!r}" for (kind, name), n in Counter(files).items() if n > 1]
    if any(kind == "report" and name.lower() == "readme" for kind, name in files):
        faults.append("the report name 'README' is kept for the VP's summary")
    return faults


def _cycles(plan: Plan) -> list[str]:
    try:
        TopologicalSorter({task.key: task.depends_on for task in plan.tasks}).prepare()
    except CycleError as error:
        return ["tasks wait for each other in a circle: " + " -> ".join(error.args[1])]
    return []
