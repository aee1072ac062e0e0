"""The section "It follows": what was before a directive, for the one who plans."""

from dataclasses import dataclass

from agents.context.token_budget import MAX_SUMMARY_CHARS, TokenBudget
from damascus.core.records.missions import Mission
from damascus.core.records.tasks import Task, TaskKind
from damascus.ledger.transaction import ReadTransaction


@dataclass(frozen=True, slots=True)
class Earlier:
    """A mission that was before, and the question which it left to the CEO if the directive decides one."""

    mission: Mission
    question: str


async def gather(tx: ReadTransaction, task: Task, mission: Mission, budget: TokenBudget) -> Earlier | None:
    """Return what was before the mission; None if nothing, or for tasks that plan nothing."""
    if task.kind != TaskKind.PLAN:
        return None
    directive = await tx.directives.find(mission.directive_id)
    earlier = await tx.missions.find(directive.options.follows) if directive and directive.options.follows else None
    if directive is None or earlier is None:
        return None
    item = await tx.desk_items.find(directive.options.answers) if directive.options.answers else None
    question = item.text if item else ""
    budget.spend(earlier.directive_text, (earlier.summary or "")[:MAX_SUMMARY_CHARS], question)
    return Earlier(earlier, question)
