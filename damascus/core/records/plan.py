"""The plan of a mission, and what each of its tasks must leave behind, as models and playbooks spell them."""

import re
import shlex
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

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
    """Check that a command is a known test runner with plain arguments: `true` proves nothing. Raises ValueError."""
    if _OPERATORS.search(command) or not any(command == r or command.startswith(f"{r} ") for r in RUNNERS):
        raise ValueError(f"test_command must be one of {', '.join(RUNNERS)}, with plain arguments")
    shlex.split(command)
