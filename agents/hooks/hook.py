"""The protocol of hooks: what may surround the steps of a run.

A hook is one concern (a bound, a policy, a service that is away) in one small file. It overrides the methods that it
needs; here each of them does nothing. One hook serves all runs of an agent at once: what belongs to a run is kept in
the run. A hook ends a run by raising a `RunOutcome`.
"""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from agents.outcomes import Failed
from agents.run import Run
from damascus.core.records.tasks import Task
from damascus.core.records.turns import Turn
from damascus.llm.port import ModelResponse
from damascus.tools.tool import AnyTool, ToolResult
from damascus.work.task_lease import TaskLease

T = TypeVar("T")
Operation = Callable[[], Coroutine[Any, Any, T]]


class Hook:
    """Surrounds the steps of an agent's runs; each method is called in the order of the agent's list."""

    def grant_tools(self, task: Task, tools: frozenset[str]) -> frozenset[str]:  # noqa: ARG002
        """Return the tools that a task may use, out of `tools` or besides them."""
        return tools

    def offer_tools(self, run: Run, tools: frozenset[str]) -> frozenset[str]:  # noqa: ARG002
        """Return which of the granted tools the model is shown in its next call."""
        return tools

    async def before_run(self, run: Run) -> None:
        """Called once, before the first step."""

    async def before_call(self, run: Run, turn: Turn, tool: AnyTool | None) -> ToolResult | None:  # noqa: ARG002
        """Return what the model reads instead of the call, or None to let it be made.

        `tool` is None if there is no such tool for this task.
        """
        return None

    def after_call(self, run: Run, turn: Turn, text: str) -> str:  # noqa: ARG002
        """Return the result of a call as the model shall read it."""
        return text

    async def after_act(self, run: Run) -> None:
        """Called when each call has its result, before the next model call."""

    def note(self, task: Task, turns: Sequence[Turn], response: ModelResponse) -> str | None:  # noqa: ARG002
        """Return what to say behind a response of a task without calls, the last of `turns`; None for nothing.

        Called inside the transaction that writes the response.
        """
        return None

    async def on_failure(self, task: Task, outcome: Failed) -> bool:  # noqa: ARG002
        """Return True if the hook has found another way out of a failure of the task."""
        return False

    async def around_run(self, lease: TaskLease, run: Operation[None]) -> None:  # noqa: ARG002
        """Carry out a whole run."""
        await run()

    async def around_think(self, run: Run, think: Operation[ModelResponse]) -> ModelResponse:  # noqa: ARG002
        """Carry out one model call."""
        return await think()

    async def around_call(self, run: Run, call: Operation[ToolResult]) -> ToolResult:  # noqa: ARG002
        """Carry out one tool call."""
        return await call()

    async def around_record(self, run: Run, record: Operation[None]) -> None:  # noqa: ARG002
        """Carry out the writing of one response."""
        await record()
