"""Tells a model what is wrong with a response that did not arrive whole."""

from collections.abc import Sequence

from agents.hooks.hook import Hook
from agents.run import Run
from damascus.core.records.tasks import Task
from damascus.core.records.turns import Turn
from damascus.llm.port import ModelResponse
from damascus.tools.tool import AnyTool, ToolResult

CUT_OFF_NOTE = "Your last answer was cut off at its token limit. Say it in smaller pieces."


class BrokenResponses(Hook):
    """Asks for a call again whose arguments could not be read, and for less text where the tokens did not suffice."""

    async def before_call(self, run: Run, turn: Turn, tool: AnyTool | None) -> ToolResult | None:  # noqa: ARG002
        """Return what could not be read, if the arguments are not an object."""
        if isinstance(turn.arguments, dict):
            return None
        return ToolResult(f"The call could not be read: {turn.arguments}. Make it again with valid JSON arguments.")

    def note(self, task: Task, turns: Sequence[Turn], response: ModelResponse) -> str | None:  # noqa: ARG002
        """Return CUT_OFF_NOTE if the response ended at its token limit."""
        return CUT_OFF_NOTE if response.finish_reason == "length" else None
