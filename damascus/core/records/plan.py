"""The plan of a mission, and what each of its tasks must leave behind, as models and playbooks spell them."""

import re
import shlex
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from damascus.core.records.tasks import Deliverable, DeliverableKind
from damascus.core.validation import one_of

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
PlannableKind = Annotated[DeliverableKind, one_of(DeliverableKind.REPORT, DeliverableKind.CODE, DeliverableKind.NOTE)]


class PlannedDeliverable(BaseModel):
    """What a task must leave behind, and for code how the program proves it."""

    model_config = ConfigDict(frozen=True)

    kind: PlannableKind
    name: str = Field(pattern=_SLUG, description="a short name of letters, digits and dashes")
    test_command: str | None = Field(
        default=None, max_length=200, description="code only: the command that runs the tests"
    )

    @model_validator(mode="after")
    def _testable(self) -> "PlannedDeliverable":
        if self.kind == DeliverableKind.CODE and self.test_command is not None:
            check_test_command(self.test_command)
        return self

    def for_task(self) -> Deliverable:
        """Return it as a task's row has it: code without a command of its own is proven by DEFAULT_TEST_COMMAND."""
        is_code = self.kind == DeliverableKind.CODE
        return Deliverable(self.kind, self.name, self.test_command or (DEFAULT_TEST_COMMAND if is_code else None))


class PlannedTask(BaseModel):
    """One task of a plan; `depends_on` names keys of other tasks that must be completed first."""

    model_config = ConfigDict(frozen=True)

    key: str = Field(pattern=_SLUG, description="unique within the plan")
    title: str = Field(min_length=1, max_length=200)
    role: str = Field(min_length=1, max_length=64, description="who does it")
    description: str = Field(min_length=1, max_length=8000)
    deliverable: PlannedDeliverable
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
