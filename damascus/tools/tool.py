"""The port: what a tool is to the agent that calls it, and to the program that runs it.

A tool promises that its `danger` is the worst it does, and, where it says `idempotent`, that a call which a crash
interrupted may be made again. It does not ask whether it may run: the grant is the registry's, the policy the agent's.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict

from damascus.core.records.authors import Author
from damascus.core.records.gates import GivenVerdict
from damascus.core.records.missions import Mission
from damascus.core.records.tasks import Task
from damascus.core.records.turns import Picture, Turn
from damascus.work.task_lease import TaskLease

ArgumentsT = TypeVar("ArgumentsT", bound=BaseModel)


class Danger(StrEnum):
    """What a tool may do at worst; the CEO's policy has a verdict on each."""

    READ = "read"
    WRITE = "write"
    EXECUTE = "execute"
    SPEND = "spend"
    PUBLISH = "publish"


class TaskEffect(StrEnum):
    """How a call ends or parks the task it is made for."""

    FINISHED = "finished"
    PLANNED = "planned"
    REVIEWED = "reviewed"
    BLOCKED = "blocked"
    PARKED = "parked"


class Arguments(BaseModel):
    """The arguments of a call, as a model gives them; a field's description is what the model reads."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True)


def as_lines(value: Any) -> Any:
    """Return what a model gave in one text, where a list was asked for, as a list of its lines."""
    return [line for line in value.splitlines() if line.strip()] if isinstance(value, str) else value


@dataclass(frozen=True, slots=True)
class ToolContext:
    """The task and the persona that a call is made for.

    The task of the `lease` fences the call's writes; `turn` is the call's own row; `told` is what the
    prompt said of itself.
    """

    lease: TaskLease
    mission: Mission
    author: Author
    turn: Turn
    told: tuple[str, ...] = ()

    @property
    def task(self) -> Task:
        return self.lease.task


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What the model reads; `effect` is set by the few calls that end or park the task.

    `retryable`: a service was unavailable, and the same call may be made again. `verdict` is that of a finished gate,
    `decisions` are what a mission's summary leaves to the CEO, `picture` what a model that sees is shown besides.
    """

    text: str
    effect: TaskEffect | None = None
    retryable: bool = False
    verdict: GivenVerdict | None = None
    decisions: tuple[str, ...] = ()
    picture: Picture | None = None


class Tool(Protocol[ArgumentsT]):
    """One tool, under a name that no other tool of the company has."""

    name: str
    description: str
    parameters: type[ArgumentsT]
    danger: Danger
    idempotent: bool

    async def run(self, context: ToolContext, arguments: ArgumentsT) -> ToolResult:
        """Make the call and return what the model reads.

        Raises:
            LeaseLost: if the task is no longer this worker's.
            DamascusError: with a text for the model, if the call cannot be made.
        """
        ...


AnyTool = Tool[Any]
