"""The section "Playbook": how the company handles such a directive, told to a planning task."""

from agents.context.token_budget import TokenBudget
from damascus.composition.agents import AgentServices
from damascus.core.records.missions import Mission
from damascus.core.records.tasks import Task, TaskKind
from damascus.staff.playbooks import Playbook


def gather(task: Task, mission: Mission, services: AgentServices, budget: TokenBudget) -> Playbook | None:
    """Return the mission's playbook, read afresh; None if the task plans nothing.

    Raises Misconfigured if the file is gone or wrong.
    """
    if task.kind != TaskKind.PLAN:
        return None
    playbook = services.playbook(mission.playbook)
    budget.spend(playbook.outline(mission.directive_text))
    return playbook
