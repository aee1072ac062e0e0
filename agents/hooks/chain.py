"""The hooks of an agent as one hook."""

from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import Any, TypeVar

from agents.hooks.hook import Hook, Operation
from agents.outcomes import Failed
from agents.run import Run
from damascus.core.records.tasks import Task
from damascus.core.records.turns import Turn
from damascus.llm.port import ModelResponse
from damascus.tools.tool import AnyTool, ToolResult
from damascus.work.task_lease import TaskLease

T = TypeVar("T")
Around = Callable[[Hook, Operation[T]], Coroutine[Any, Any, T]]


class HookChain(Hook):
    """Runs over a list of hooks in its order; where one of them answers, those after it are not asked.

    Around an operation the first hook of the list is the outermost.
    """

    def __init__(self, hooks: Sequence[Hook]) -> None:
        self._hooks = tuple(hooks)

    def grant_tools(self, task: Task, tools: frozenset[str]) -> frozenset[str]:
        for hook in self._hooks:
            tools = hook.grant_tools(task, tools)
        return tools

    def offer_tools(self, run: Run, tools: frozenset[str]) -> frozenset[str]:
        for hook in self._hooks:
            tools = hook.offer_tools(run, tools)
        return tools

    async def before_run(self, run: Run) -> None:
        for hook in self._hooks:
            await hook.before_run(run)

    async def before_call(self, run: Run, turn: Turn, tool: AnyTool | None) -> ToolResult | None:
        for hook in self._hooks:
            instead = await hook.before_call(run, turn, tool)
            if instead is not None:
                return instead
        return None

    def after_call(self, run: Run, turn: Turn, text: str) -> str:
        for hook in self._hooks:
            text = hook.after_call(run, turn, text)
        return text

    async def after_act(self, run: Run) -> None:
        for hook in self._hooks:
            await hook.after_act(run)

    def note(self, task: Task, turns: Sequence[Turn], response: ModelResponse) -> str | None:
        for hook in self._hooks:
            text = hook.note(task, turns, response)
            if text is not None:
                return text
        return None

    async def on_failure(self, task: Task, outcome: Failed) -> bool:
        for hook in self._hooks:
            if await hook.on_failure(task, outcome):
                return True
        return False

    async def around_run(self, lease: TaskLease, run: Operation[None]) -> None:
        await self._nested(run, lambda hook, inner: hook.around_run(lease, inner))

    async def around_think(self, run: Run, think: Operation[ModelResponse]) -> ModelResponse:
        return await self._nested(think, lambda hook, inner: hook.around_think(run, inner))

    async def around_call(self, run: Run, call: Operation[ToolResult]) -> ToolResult:
        return await self._nested(call, lambda hook, inner: hook.around_call(run, inner))

    async def around_record(self, run: Run, record: Operation[None]) -> None:
        await self._nested(record, lambda hook, inner: hook.around_record(run, inner))

    def _nested(self, operation: Operation[T], around: Around[T]) -> Coroutine[Any, Any, T]:
        for hook in reversed(self._hooks):
            operation = partial(around, hook, operation)
        return operation()
