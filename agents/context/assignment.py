"""The sections "Directive", "What to do" and "Done when": what cannot be left out."""

from agents.context.token_budget import TokenBudget
from damascus.core.records.missions import Mission
from damascus.core.records.tasks import Task


def count(task: Task, mission: Mission, budget: TokenBudget) -> None:
    """Count the task's own words first; what they leave is for the other sections."""
    budget.spend(mission.directive_text, task.title, task.description, *task.acceptance)
