"""What a persona with `planner: true` does besides: it plans, plans again once, and sums up."""

from agents.hooks.hook import Hook
from agents.outcomes import AgentBlocked, Failed, ModelFailed
from agents.run import Run
from damascus.composition.agents import AgentServices
from damascus.core.playbook_files import NO_PLAYBOOK
from damascus.core.records.tasks import Task, TaskKind
from damascus.staff.personas import Persona
from damascus.work import desk, quoting
from damascus.work.delivery import repositories
from damascus.work.intake.existing_code import for_code
from damascus.work.receipts import issue
from damascus.work.tasks.gates import gate_of
from damascus.work.tasks.planner_tasks import FIRST_PLAN, GATE_PREFIX

FALLBACK_PLAYBOOK = "report"  # a directive of any kind can be answered in one
PLANNING_ONLY = frozenset({"submit_plan", "read_playbook", "refer_gate", "ask_direction"})
PLANNING_TOOLS = PLANNING_ONLY | {"read_trail", "leave_trail", "ask", "blocked"}


class BadPlan(Failed):
    """The plan was sent back as often as a plan is."""

    label = "bad plan"


class Planner(Hook):
    """Turns a directive into a mission; every model call it makes belongs to a task, like anybody's."""

    def __init__(self, persona: Persona, services: AgentServices) -> None:
        self._persona = persona
        self._services = services

    def grant_tools(self, task: Task, tools: frozenset[str]) -> frozenset[str]:
        """Return the tools of planning for a planning task, which other tasks do not have."""
        if task.kind != TaskKind.PLAN:
            return tools
        after_gate = task.key.startswith(GATE_PREFIX)
        useless = {"read_playbook", "ask_direction"} if task.key != FIRST_PLAN else set()
        useless |= set() if after_gate else {"refer_gate"}
        return (PLANNING_TOOLS & frozenset(self._persona.tools)) - useless

    async def before_run(self, run: Run) -> None:
        """Raise Failed before a summary is paid for, if code of the mission is not proven."""
        if run.task.kind != TaskKind.SYNTHESIS:
            return
        found = await self._services.receipts.check_main_branches(run.task, run.mission)
        if not found:
            return
        async with run.journal.fenced() as tx:
            await issue.write(tx, found)
        faults = [receipt.text for receipt in found if not receipt.ok]
        if faults:
            raise Failed("; ".join(faults))

    async def after_act(self, run: Run) -> None:
        """Raise BadPlan if a plan was sent back as often as it may be; then the playbook is used."""
        sent_back = sum(turn.tool == "submit_plan" for turn in run.journal.turns)
        if sent_back >= self._services.settings.limits.plan_attempts:
            raise BadPlan(f"no valid plan after {sent_back} attempts")

    async def on_failure(self, task: Task, outcome: Failed) -> bool:
        """Take a first plan that did not come from the playbook, and leave it to the CEO what follows on a gate.

        Returns True if it was one of these.
        """
        if isinstance(outcome, ModelFailed) or task.kind != TaskKind.PLAN:
            return False
        async with self._services.outbox.transaction() as tx:
            mission = await tx.missions.get(task.mission_id)
            gate = await gate_of(tx, task)
            if gate is not None:
                await desk.refer_gate(tx, task, gate, f"I did not decide it: {outcome}")
                return True
            if task.key != FIRST_PLAN or isinstance(outcome, AgentBlocked):
                return False
            name = FALLBACK_PLAYBOOK if mission.playbook == NO_PLAYBOOK else mission.playbook
            code = await repositories.existing_code(tx, mission)
            plan = self._services.playbook(name).plan(mission.directive_text, code.name if code else None)
            why = f"the plan of the playbook {name} was taken: {outcome}"
            plan = for_code(plan, code) if code else plan
            await quoting.start(tx, task, plan, self._services.settings.limits, why)
        return True
