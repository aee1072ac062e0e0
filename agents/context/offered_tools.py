"""Which of its tools a task is shown: those that would only refuse are not.

They are looked up once and kept with the task's opening, so that each of its requests begins alike whatever the CEO
decides meanwhile; a tool that was allowed since is shown to the next task. Only those that open code come later, too:
to a run that begins when its mission has finished some, as after a colleague was asked to build it.
"""

from collections.abc import Sequence
from dataclasses import replace

from damascus.composition.agents import AgentServices
from damascus.core.records.tasks import Task, TaskKind
from damascus.ledger.transaction import ReadTransaction
from damascus.llm.port import ToolSpec
from damascus.tools.registry import ToolRegistry
from damascus.work import policies
from damascus.work.delivery import repositories

WEB = frozenset({"web_search", "fetch_page"})
MEMORY = frozenset({"remember", "recall"})
RECALL = frozenset({"recall"})
BROWSER = frozenset({"screenshot"})
COMMANDS = frozenset({"run_command"})
CALCULATE = frozenset({"calculate"})  # for those who have no commands
OPENS_CODE = frozenset({"read_file", "list_files", "search_files", "background_command", "screenshot"})


async def gather(tx: ReadTransaction, task: Task, granted: frozenset[str], services: AgentServices) -> tuple[str, ...]:
    """Return the names of the tools of a task that policy, settings and ledger let it use, in order."""
    autonomy = await policies.autonomy(tx)
    denied = {name for name in granted if getattr(autonomy, services.registry.get(name).danger) == "deny"}
    useless = frozenset() if services.settings.web.enabled else WEB
    if services.workshop_facts is not None and not services.workshop_facts.has_working_browser:
        useless |= BROWSER
    if not (await policies.memory(tx)).use:
        useless |= MEMORY
    elif not await tx.memories.has_any():
        useless |= RECALL
    if not await _has_code(tx, task, services):
        useless |= OPENS_CODE
    shown = granted - denied - useless
    return tuple(sorted(shown - CALCULATE if COMMANDS & shown else shown))


def specs(registry: ToolRegistry, names: Sequence[str], task: Task) -> tuple[ToolSpec, ...]:
    """Return what a task is shown of its tools, without the arguments that tasks of its kind have no use for."""
    useless = set() if task.gate else {"verdict"}
    useless |= set() if task.gate and task.gate.has_number else {"number"}
    useless |= set() if task.kind == TaskKind.SYNTHESIS else {"decisions"}
    return tuple(_without(spec, useless) if spec.name == "finish" else spec for spec in registry.specs(names))


def _without(spec: ToolSpec, arguments: set[str]) -> ToolSpec:
    fields = {name: field for name, field in spec.parameters["properties"].items() if name not in arguments}
    return replace(spec, parameters={**spec.parameters, "properties": fields})


async def _has_code(tx: ReadTransaction, task: Task, services: AgentServices) -> bool:
    """Return True if a task has files to open: its own, what it reviews, or what its mission has finished."""
    if task.kind == TaskKind.REVIEW or task.role in services.coders:
        return True
    return bool(repositories.finished(await tx.artifacts.of_mission(task.mission_id)))
