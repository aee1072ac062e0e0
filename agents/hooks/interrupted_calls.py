"""Keeps a call whose effect is unknown from being made twice."""

from agents.hooks.hook import Hook
from agents.run import Run
from damascus.core.records.turns import Turn, TurnStatus
from damascus.tools.tool import AnyTool, ToolResult

INTERRUPTED_NOTE = (
    "This call was interrupted by a crash; it may or may not have taken effect. Check before you repeat it."
)


class InterruptedCalls(Hook):
    """Lets the model decide about a call that a crash interrupted, unless the tool may be run twice."""

    async def before_call(self, run: Run, turn: Turn, tool: AnyTool | None) -> ToolResult | None:  # noqa: ARG002
        """Return INTERRUPTED_NOTE if an earlier run has started the call."""
        if tool is not None and turn.status == TurnStatus.STARTED and not tool.idempotent:
            return ToolResult(INTERRUPTED_NOTE)
        return None
