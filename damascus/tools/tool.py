"""The port: what a tool is to the agent that calls it, and to the program that runs it.

A tool promises that its `danger` is the worst it does, and, where it says `idempotent`, that a call which a crash
interrupted may be made again. It does not ask whether it may run: the grant is the registry's, the policy the agent's.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict

from damascus.core.records.authors import Author
from damascus.core.records.missions import Mission
from damascus.core.records.tasks import Task
from damascus.core.records.turns import Turn
from damascus.work.task_lease import TaskLease

Danger = Literal["read", "write", "execute", "spend", "publish"]
TaskEffect = Literal["finished", "planned", "blocked", "parked"]

A = TypeVar("A", bound=BaseModel)


class Arguments(BaseModel):
    """The arguments of a call, as a model gives them; a field's description is what the model reads."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class ToolContext:
    """On whose behalf a call runs; the task of the `lease` fences its writes, `turn` is the call's own row."""

    lease: TaskLease
    mission: Mission
    author: Author
    turn: Turn

    @property
    def task(self) -> Task:
        return self.lease.task


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What the model reads; `ending` is set by the few calls that end or park the task.

    `again`: a service was away, and the same call may be made again.
    """

    text: str
    ending: TaskEffect | None = None
    again: bool = False


class Tool(Protocol[A]):
    """One tool. `run` raises DamascusError with words for the model when the call cannot be done."""

    name: str
    description: str
    parameters: type[A]
    danger: Danger
    idempotent: bool

    async def run(self, context: ToolContext, arguments: A) -> ToolResult:
        """Do it; raises LeaseLost when the task is no longer this worker's."""
        ...


AnyTool = Tool[Any]
