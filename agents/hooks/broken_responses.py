"""Tells a model what is wrong with a response that did not arrive whole."""

from collections.abc import Sequence

from agents.hooks.hook import Hook
from agents.run import Run
from damascus.core.records.tasks import Task
from damascus.core.records.turns import Speaker, Turn
from damascus.llm.port import ModelResponse
from damascus.llm.tool_arguments import CUT_OFF
from damascus.tools.tool import AnyTool, ToolResult

CUT_OFF_NOTE = "Your last answer was cut off at its token limit. Say it in smaller pieces."
IN_PARTS = frozenset({"write_file", "write_report"})


class BrokenResponses(Hook):
    """Asks for a call again whose arguments could not be read, and for less text where the tokens did not suffice."""

    async def before_call(self, run: Run, turn: Turn, tool: AnyTool | None) -> ToolResult | None:  # noqa: ARG002
        """Return what could not be read, if the arguments are not an object."""
        if isinstance(turn.arguments, dict):
            return None
        again = "Make it again with valid JSON arguments."
        if _is_cut(turn):
            how = "in parts, a call each, with `part` 1, 2, ..." if turn.tool in IN_PARTS else "shorter"
            again = f"Nothing was done with it. Send it again {how}"
        return ToolResult(f"The call could not be read: {turn.arguments}. {again}")

    def note(self, task: Task, turns: Sequence[Turn], response: ModelResponse) -> str | None:  # noqa: ARG002
        """Return CUT_OFF_NOTE if the response ended at its token limit."""
        return CUT_OFF_NOTE if response.finish_reason == "length" else None


def was_cut_off(turns: Sequence[Turn]) -> bool:
    """Return whether the last answer of a transcript ended in the middle, by what it was told of it."""
    for turn in reversed(turns):
        if turn.speaker == Speaker.ASSISTANT:
            break
        if _is_cut(turn) or (turn.speaker == Speaker.USER and turn.content == CUT_OFF_NOTE):
            return True
    return False


def _is_cut(call: Turn) -> bool:
    return isinstance(call.arguments, str) and call.arguments.startswith(CUT_OFF)
