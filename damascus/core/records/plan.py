"""The plan of a mission, and what each of its tasks must leave behind, as models and playbooks spell them."""

import re
import shlex
from dataclasses import replace
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from damascus.core.records.acceptance import AcceptanceCheck, CheckKind
from damascus.core.records.gates import Gate
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
MAX_CHECKS = 12
_FIELDS_OF_CHECK = {
    CheckKind.WORDS: ("at_least", "at_most"),
    CheckKind.COLUMNS: ("columns",),
    CheckKind.LINKS: (),
    CheckKind.FILE: ("path",),
    CheckKind.COMMAND: ("command", "exit_code", "output"),
}
_CHECKS_OF_KIND = {
    DeliverableKind.REPORT: (CheckKind.WORDS, CheckKind.COLUMNS, CheckKind.LINKS),
    DeliverableKind.CODE: (CheckKind.FILE, CheckKind.COMMAND),
}
PlannableKind = Annotated[DeliverableKind, one_of(DeliverableKind.REPORT, DeliverableKind.CODE, DeliverableKind.NOTE)]


class PlannedDeliverable(BaseModel):
    """What a task must leave behind, and for code how the program proves it."""

    model_config = ConfigDict(frozen=True)

    kind: PlannableKind
    name: str = Field(pattern=_SLUG, description="letters, digits, dashes")
    test_command: str | None = Field(default=None, max_length=200, description="of code")

    @model_validator(mode="after")
    def _testable(self) -> "PlannedDeliverable":
        if self.kind == DeliverableKind.CODE and self.test_command is not None:
            check_test_command(self.test_command)
        return self

    def for_task(self) -> Deliverable:
        """Return it as a task's row has it: code without a command of its own is proven by DEFAULT_TEST_COMMAND."""
        is_code = self.kind == DeliverableKind.CODE
        return Deliverable(self.kind, self.name, self.test_command or (DEFAULT_TEST_COMMAND if is_code else None))


class PlannedCheck(BaseModel):
    """How the program checks one line of the acceptance by itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    line: int = Field(ge=1, description="which line of `acceptance`, from 1")
    kind: CheckKind = Field(
        description="of a report: words (at_least, at_most), columns (of one table), links (each resolves); of code: "
        "file (path), command (in a fresh copy: exit_code, and output that it prints)"
    )
    at_least: int | None = Field(default=None, ge=1, le=100_000)
    at_most: int | None = Field(default=None, ge=1, le=100_000)
    columns: list[Annotated[str, Field(min_length=1, max_length=80)]] = Field(default_factory=list, max_length=12)
    path: str = Field(default="", max_length=200)
    command: str = Field(default="", max_length=300)
    exit_code: int = Field(default=0, ge=0, le=255)
    output: str = Field(default="", max_length=300)

    @model_validator(mode="after")
    def _whole(self) -> "PlannedCheck":
        own = _FIELDS_OF_CHECK[self.kind]
        strange = [name for name in self.model_fields_set - {"line", "kind", *own} if _is_given(getattr(self, name))]
        if strange:
            raise ValueError(f"a check of {self.kind} takes {', '.join(own) or 'nothing more'}, not {strange[0]}")
        needed = [name for name in own if name not in ("exit_code", "output")]
        if needed and not any(_is_given(getattr(self, name)) for name in needed):
            raise ValueError(f"a check of {self.kind} needs {' or '.join(needed)}")
        if self.at_least and self.at_most and self.at_least > self.at_most:
            raise ValueError(f"at_least {self.at_least} is more than at_most {self.at_most}")
        if self.path.startswith("/") or ".." in self.path.split("/"):
            raise ValueError("`path` is relative to the repository, such as README.md")
        return self

    def for_task(self) -> AcceptanceCheck:
        """Return it as a task's row has it."""
        return AcceptanceCheck(**{**self.model_dump(), "kind": self.kind, "columns": tuple(self.columns)})


class CheckedDeliverable(PlannedDeliverable):
    """A deliverable of a plan: the program also checks what its acceptance says, line by line."""

    checks: list[PlannedCheck] = Field(
        default_factory=list, max_length=MAX_CHECKS, description="lines of `acceptance` that the program can check"
    )

    @model_validator(mode="after")
    def _checkable(self) -> "CheckedDeliverable":
        possible = _CHECKS_OF_KIND.get(self.kind, ())
        wrong = next((check for check in self.checks if check.kind not in possible), None)
        if wrong is not None:
            raise ValueError(f"a check of a {self.kind} is of {', '.join(possible) or 'no kind'}, not of {wrong.kind}")
        return self

    def for_task(self) -> Deliverable:
        """Return it as a task's row has it, with its checks."""
        return replace(super().for_task(), checks=tuple(check.for_task() for check in self.checks))


class PlannedGate(BaseModel):
    """What a task decides: it ends with the verdict `go` or `stop`, and `stop` stops what depends on it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    question: str = Field(min_length=1, max_length=300, description="what it decides, as in: is it worth building?")
    measure: str = Field(default="", max_length=100, description="if a number decides: what is counted, in which unit")
    at_least: float | None = Field(default=None, allow_inf_nan=False, description="`go` from this number on")
    at_most: float | None = Field(default=None, allow_inf_nan=False, description="`go` up to this number")

    @model_validator(mode="after")
    def _passable(self) -> "PlannedGate":
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise ValueError(f"no number is at least {self.at_least:g} and at most {self.at_most:g}")
        return self

    def for_task(self) -> Gate:
        """Return it as a task's row has it."""
        return Gate(self.question, self.measure, self.at_least, self.at_most)


class PlannedTask(BaseModel):
    """One task of a plan; `depends_on` names keys of other tasks that must be completed first."""

    model_config = ConfigDict(frozen=True)

    key: str = Field(pattern=_SLUG, description="unique within the plan")
    title: str = Field(min_length=1, max_length=200)
    role: str = Field(min_length=1, max_length=64, description="who does it")
    description: str = Field(min_length=1, max_length=8000)
    deliverable: CheckedDeliverable
    acceptance: list[str] = Field(min_length=1, max_length=12, description="what must hold for it to be done")
    depends_on: list[str] = Field(default_factory=list, max_length=MAX_TASKS)
    gate: PlannedGate | None = Field(default=None, description="only if its result decides whether others begin")

    @model_validator(mode="after")
    def _lines_there(self) -> "PlannedTask":
        lacking = next((c.line for c in self.deliverable.checks if c.line > len(self.acceptance)), None)
        if lacking is not None:
            raise ValueError(f"a check is of line {lacking} of `acceptance`, which has {len(self.acceptance)}")
        return self


class Plan(BaseModel):
    """A mission's tasks, 1 to 12 of them, as a graph without cycles."""

    model_config = ConfigDict(frozen=True)

    summary: str = Field(min_length=1, max_length=4000)
    tasks: list[PlannedTask] = Field(min_length=1, max_length=MAX_TASKS)


def _is_given(value: Any) -> bool:
    return value not in (None, "", [], 0)


def check_test_command(command: str) -> None:
    """Check that a command is a known test runner with plain arguments: `true` proves nothing. Raises ValueError."""
    if _OPERATORS.search(command) or not any(command == r or command.startswith(f"{r} ") for r in RUNNERS):
        raise ValueError(f"test_command must be one of {', '.join(RUNNERS)}, with plain arguments")
    shlex.split(command)
