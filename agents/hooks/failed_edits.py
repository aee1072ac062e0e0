"""A change of a file that failed stops the later calls of the same answer that work on what it should have made."""

from agents.hooks.hook import Hook
from agents.run import Run
from damascus.core.records.turns import Turn, TurnStatus, calls_before
from damascus.tools.tool import AnyTool, ToolResult

CHANGES = ("edit_file", "write_file", "restore")
DEPENDENTS = frozenset({"run_command", "commit", "push", "finish"})


class FailedEdits(Hook):
    """Reads from the transcript alone whether an earlier call of the answer was refused, as the registry words it."""

    async def before_call(self, run: Run, turn: Turn, tool: AnyTool | None) -> ToolResult | None:
        """Return why a call is not made, None if nothing that it depends on has failed."""
        if tool is None or turn.tool not in DEPENDENTS:
            return None
        failed = next((call for call in reversed(calls_before(run.journal.turns, turn)) if _has_failed(call)), None)
        if failed is None:
            return None
        path = (failed.arguments or {}).get("path", "a file") if isinstance(failed.arguments, dict) else "a file"
        return ToolResult(
            f"{turn.tool}: not done, since `{failed.tool}` of {str(path)[:200]} before it in the same answer failed: "
            "it would see the files without that change. Repair that first, then call this again"
        )


def _has_failed(call: Turn) -> bool:
    return call.tool in CHANGES and call.status == TurnStatus.DONE and call.was_refused
