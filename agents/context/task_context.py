"""All that an agent is told about a task."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from agents.context import (
    assignment,
    dependants,
    dependencies,
    earlier_work,
    follows,
    known_facts,
    memories,
    messages,
    offered_tools,
    playbook,
    specification,
    trail,
)
from agents.context.dependants import Dependant
from agents.context.dependencies import DependencyResult
from agents.context.follows import Earlier
from agents.context.specification import Specification
from agents.context.token_budget import MAX_CONTEXT_TOKENS, TokenBudget
from damascus.composition.agents import AgentServices
from damascus.core.records.directives import ExistingCode
from damascus.core.records.events import Event
from damascus.core.records.memories import Memory
from damascus.core.records.messages import MessageRow
from damascus.core.records.missions import Mission
from damascus.core.records.tasks import Task
from damascus.ledger.transaction import ReadTransaction
from damascus.staff.playbooks import Playbook
from damascus.work.delivery import repositories


@dataclass(frozen=True, slots=True)
class TaskContext:
    """The task, its mission, and a field for each section.

    `specifications` are the reports that stand in the prompt whole. `trail` and `messages` run from old to new, and
    `untold` counts the other entries of the trail; `earlier_work` is the role's own completed work on other missions,
    newest first; `corrected` says which entry of the trail is replaced by which; `rules` are the CEO's, `memories` what
    earlier missions taught; `playbook` is set for kind=plan only, or else the `playbooks` that it may take; `code` is
    what the mission works on if that is somebody's; `roles` are those that a plan may name, `tools` those that its
    model is shown, `facts` what the program knows of the mission that is summed up. `is_cut`: there is more than the
    budget of tokens allows to tell.
    """

    task: Task
    mission: Mission
    dependencies: tuple[DependencyResult, ...] = ()
    specifications: tuple[Specification, ...] = ()
    trail: tuple[Event, ...] = ()
    untold: int = 0
    corrected: Mapping[int, int] = field(default_factory=dict)
    earlier_work: tuple[Task, ...] = ()
    messages: tuple[MessageRow, ...] = ()
    rules: tuple[Memory, ...] = ()
    memories: tuple[Memory, ...] = ()
    playbook: Playbook | None = None
    playbooks: tuple[tuple[str, str], ...] = ()
    code: ExistingCode | None = None
    roles: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    company: str = "Damascus Frontier"
    is_cut: bool = False
    facts: tuple[str, ...] = ()
    dependants: tuple[Dependant, ...] = ()
    follows: Earlier | None = None


async def gather(
    tx: ReadTransaction,
    task: Task,
    services: AgentServices,
    granted: frozenset[str] = frozenset(),
    tokens: int = MAX_CONTEXT_TOKENS,
) -> TaskContext:
    """Return the context of a task as the ledger has it now, of about `tokens` tokens at most.

    The sections share the budget in the order in which they are gathered here; what the last ones would have needed
    beyond it, oldest first, is left out.
    """
    budget = TokenBudget(tokens)
    mission = await tx.missions.get(task.mission_id)
    assignment.count(task, mission, budget)
    before = await follows.gather(tx, task, mission, budget)
    code = await repositories.existing_code(tx, mission)
    rules, learnt = await memories.gather(tx, task, budget)
    outline = playbook.gather(task, mission, services, budget, code)
    offered = playbook.offered(task, mission, services, budget)
    built_on_it = await dependants.gather(tx, task, budget)
    needed = await dependencies.gather(tx, task, budget)
    whole = await specification.gather(task, needed, services.settings.shared, budget)
    written = await messages.gather(tx, task, budget)
    entries, untold = await trail.gather(tx, task, needed, budget, [one.artifact for one in whole])
    return TaskContext(
        task=task,
        mission=mission,
        playbook=outline,
        playbooks=offered,
        dependants=built_on_it,
        code=code,
        dependencies=needed,
        specifications=whole,
        messages=written,
        trail=entries,
        untold=untold,
        rules=rules,
        memories=learnt,
        corrected=await tx.events.corrections(mission.id),
        facts=await known_facts.gather(tx, task, mission, services.settings.shared, budget),
        earlier_work=await earlier_work.gather(tx, task, budget),
        tools=await offered_tools.gather(tx, task, granted, services),
        roles=tuple(sorted(services.roles)),
        company=services.settings.company.name,
        follows=before,
        is_cut=budget.is_exceeded,
    )
