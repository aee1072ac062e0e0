"""The one door for work: a proposal is accepted into a mission, or rejected with a reason."""

from dataclasses import replace

from damascus.core.events import Change, EventKind
from damascus.core.ids import new_id, slug
from damascus.core.settings import Settings
from damascus.ledger.tables.directives import Directive
from damascus.ledger.tables.missions import Mission
from damascus.ledger.tables.proposals import Proposal
from damascus.ledger.tables.tasks import Task
from damascus.ledger.transaction import Transaction
from damascus.work import budget, tasks
from damascus.work.directives import PLANNER


async def accept(tx: Transaction, proposal: Proposal, directive: Directive, settings: Settings) -> Task | None:
    """Open the mission and its planning task, which is returned queued; None when it was decided before."""
    if not await tx.proposals.decide(proposal.id, "accepted", None, tx.now):
        return None
    tx.events.append(EventKind.PROPOSAL, PLANNER, Change(id=proposal.id, before="pending", after="accepted"))
    id = new_id("mis")
    mission = Mission(
        id=id,
        directive_id=directive.id,
        proposal_id=proposal.id,
        slug=f"{slug(directive.text)}-{id[-6:].lower()}",
        directive=directive.text,
        playbook=directive.options.get("playbook") or settings.playbook,
        status="planning",
        reason=None,
        summary=None,
        replans=0,
        created_at=tx.now,
        finished_at=None,
    )
    await tx.missions.add(mission)
    tx.events.append(EventKind.MISSION, PLANNER, Change(id=id, after="planning"), mission_id=id)
    limit = directive.options.get("budget") or budget.micro(settings.budget.mission)
    await tx.budgets.ensure(budget.mission_scope(id), limit, tx.now)
    return await tasks.add(tx, planning_task(mission, tx))


async def reject(tx: Transaction, proposal: Proposal, reason: str) -> None:
    """Close it with a reason that its sender reads."""
    if await tx.proposals.decide(proposal.id, "rejected", reason, tx.now):
        change = Change(id=proposal.id, before="pending", after="rejected", reason=reason)
        tx.events.append(EventKind.PROPOSAL, PLANNER, change)


def planning_task(mission: Mission, tx: Transaction, why_again: str | None = None) -> Task:
    """The VP's task of making (or, after a failure, remaking) the plan."""
    words = "Break the directive into tasks for the staff and submit the plan."
    if why_again:
        words = f"A task of the plan failed: {why_again}\nSubmit a plan for what is still missing. {words}"
    task = tasks.blank(mission.id, PLANNER, tx.now)
    return replace(
        task,
        key="replan" if why_again else "plan",
        kind="plan",
        title="Plan the mission" if not why_again else "Plan again",
        description=words,
        deliverable={"kind": "plan", "name": "plan"},
        acceptance=["the plan was accepted"],
    )
