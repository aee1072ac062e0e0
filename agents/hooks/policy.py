"""The CEO's policy on what agents may do by themselves, by the danger of the tool."""

from agents.hooks.hook import Hook
from agents.outcomes import Parked
from agents.run import Run
from damascus.core.errors import Invalid
from damascus.core.records.turns import Turn
from damascus.tools.tool import AnyTool, ToolResult
from damascus.work import desk
from damascus.work.outbox import Outbox


class PolicyHook(Hook):
    """Refuses a call that the policy forbids, and parks the task where it says `ask`."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    async def before_call(self, run: Run, turn: Turn, tool: AnyTool | None) -> ToolResult | None:
        """Return the refusal of a call that is forbidden; raise Parked if the CEO has to be asked first."""
        if tool is None:
            return None
        verdict = getattr(run.journal.autonomy, tool.danger)
        if verdict == "deny":
            return ToolResult(f"The CEO's policy forbids {turn.tool}. Continue without it.")
        if verdict == "ask" and not await self._is_permitted(run, turn):
            try:
                async with run.journal.fenced() as tx:
                    await desk.ask_permission(tx, run.task, turn.id, turn.tool or "", turn.arguments, tool.danger)
            except Invalid as error:
                return ToolResult(f"{error}.")
            raise Parked(f"{turn.tool} waits for the CEO's permission")
        return None

    async def _is_permitted(self, run: Run, turn: Turn) -> bool:
        async with self._outbox.reading() as tx:
            return await desk.is_permitted(tx, run.task, turn)
