"""Where missions start: a proposal is accepted into a mission, or rejected with a reason."""

from collections.abc import Callable

from damascus.core.errors import Misconfigured
from damascus.core.events import EventKind, StateChange
from damascus.core.ids import new_id
from damascus.core.money import to_microusd
from damascus.core.playbook_files import CHOOSE_PLAYBOOK, NO_PLAYBOOK
from damascus.core.records.directives import Directive
from damascus.core.records.missions import Mission, MissionStatus
from damascus.core.records.proposals import Proposal, ProposalStatus
from damascus.core.records.roles import PLANNER
from damascus.core.records.tasks import Task
from damascus.core.settings import Settings
from damascus.core.text import slug
from damascus.ledger.transaction import Transaction
from damascus.work.budget import limits
from damascus.work.tasks import planner_tasks, tasks


async def decide(tx: Transaction, proposal_id: str, settings: Settings, read_playbook: Callable[[str], object]) -> None:
    """Accept the proposal of a directive and queue its planning, or reject it if its playbook cannot be read.

    `read_playbook` raises Misconfigured, with the reason that the sender reads, for a playbook that is not there or is
    wrong. Does nothing if the proposal was decided before.
    """
    proposal = await tx.proposals.get(proposal_id)
    directive = await tx.directives.get(proposal.directive_id)
    try:
        if (chosen := _playbook(directive, settings)) != NO_PLAYBOOK:
            read_playbook(chosen)
    except Misconfigured as error:
        await reject(tx, proposal, str(error))
    else:
        await accept(tx, proposal, directive, settings)


async def accept(tx: Transaction, proposal: Proposal, directive: Directive, settings: Settings) -> Task | None:
    """Open the mission with its budget and its planning task. Returns that task, or None if it was decided before."""
    if not await tx.proposals.decide(proposal.id, ProposalStatus.ACCEPTED, None, tx.now):
        return None
    tx.events.append(
        EventKind.PROPOSAL,
        PLANNER,
        StateChange(id=proposal.id, before=ProposalStatus.PENDING, after=ProposalStatus.ACCEPTED),
    )
    id = new_id("mis")
    mission = Mission(
        id=id,
        directive_id=directive.id,
        proposal_id=proposal.id,
        slug=f"{slug(directive.text)}-{id[-6:].lower()}",
        directive_text=directive.text,
        playbook=_playbook(directive, settings),
        status=MissionStatus.PLANNING,
        reason=None,
        summary=None,
        replans=0,
        created_at=tx.now,
        finished_at=None,
        rehearsal=settings.model.rehearsal,
    )
    await tx.missions.add(mission)
    tx.events.append(EventKind.MISSION, PLANNER, StateChange(id=id, after=MissionStatus.PLANNING), mission_id=id)
    limit = directive.options.budget or to_microusd(settings.budget.mission)
    await tx.budgets.ensure(limits.mission_scope(id), limit, tx.now)
    return await tasks.add(tx, planner_tasks.planning_task(mission, tx))


def _playbook(directive: Directive, settings: Settings) -> str:
    """Return the playbook that is given; none if the planner is to choose."""
    name = directive.options.playbook or settings.playbook
    return NO_PLAYBOOK if name == CHOOSE_PLAYBOOK else name


async def reject(tx: Transaction, proposal: Proposal, reason: str) -> None:
    """Reject a proposal with a reason that its sender reads; nothing if it was decided before."""
    if await tx.proposals.decide(proposal.id, ProposalStatus.REJECTED, reason, tx.now):
        change = StateChange(
            id=proposal.id, before=ProposalStatus.PENDING, after=ProposalStatus.REJECTED, reason=reason
        )
        tx.events.append(EventKind.PROPOSAL, PLANNER, change)
