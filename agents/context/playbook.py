"""The section "Playbook" or "Playbooks" of a planning task: how such a directive is handled, or what there is."""

from agents.context.token_budget import TokenBudget
from damascus.composition.agents import AgentServices
from damascus.core.playbook_files import NO_PLAYBOOK
from damascus.core.records.directives import ExistingCode
from damascus.core.records.missions import Mission
from damascus.core.records.tasks import Task, TaskKind
from damascus.staff.playbooks import Playbook, list_playbooks
from damascus.work.tasks.planner_tasks import FIRST_PLAN


def gather(
    task: Task, mission: Mission, services: AgentServices, budget: TokenBudget, code: ExistingCode | None = None
) -> Playbook | None:
    """Return the mission's playbook, read afresh; None if the task plans nothing, or the mission has none.

    Raises Misconfigured if the file is gone or wrong.
    """
    if task.kind != TaskKind.PLAN or mission.playbook == NO_PLAYBOOK:
        return None
    playbook = services.playbook(mission.playbook)
    budget.spend(playbook.outline(mission.directive_text, code.name if code else None))
    return playbook


def offered(task: Task, mission: Mission, services: AgentServices, budget: TokenBudget) -> tuple[tuple[str, str], ...]:
    """Return name and purpose of the playbooks that a first plan may take; none if it has one."""
    if task.key != FIRST_PLAN or mission.playbook != NO_PLAYBOOK:
        return ()
    found = tuple(list_playbooks(services.root))
    budget.spend(*(line for playbook in found for line in playbook))
    return found
