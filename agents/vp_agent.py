"""The VP plans, plans again once, and sums up."""

from agents import endings
from agents.base_agent import BaseAgent
from agents.run import Run
from damascus.core.errors import Misconfigured
from damascus.core.messages import Message
from damascus.core.records.tasks import Task
from damascus.ledger.transaction import Transaction
from damascus.work.intake import proposals
from damascus.work.receipts import receipts
from damascus.work.task_lease import TaskLease
from damascus.work.tasks import missions, tasks

PLANNING = ("submit_plan", "read_trail", "leave_trail", "ask", "blocked")


class BadPlan(endings.Failed):
    """The plan was sent back as often as a plan is."""


class VPAgent(BaseAgent):
    """Turns a directive into a mission; every model call it makes belongs to a task like anybody's."""

    async def on_directive(self, tx: Transaction, message: Message) -> Task | None:
        """Accept the proposal of a directive and queue its planning, or reject it when there is no playbook for it."""
        proposal = await tx.proposals.get(str(message.context.get("proposal_id")))
        directive = await tx.directives.get(proposal.directive_id)
        try:
            self.staff.playbook(directive.options.get("playbook") or self.staff.settings.playbook)
        except Misconfigured as error:
            await proposals.reject(tx, proposal, str(error))
        else:
            await proposals.accept(tx, proposal, directive, self.staff.settings)
        return None

    async def receive(self, lease: TaskLease) -> Run:
        """What a summary starts from; a mission with code that is not proven fails before it pays for one."""
        run = await super().receive(lease)
        if run.task.kind == "synthesis":
            await self._look_at_mains(run)
        return run

    async def _look_at_mains(self, run: Run) -> None:
        found = await receipts.check_main_branches(self.staff.evidence, run.task, run.mission)
        if not found:
            return
        async with self.staff.outbox.transaction() as tx:
            await tasks.fence(tx, run.task)
            await receipts.write(tx, found)
        faults = [receipt.text for receipt in found if not receipt.ok]
        if faults:
            raise endings.Failed("; ".join(faults))

    def tools_for(self, task: Task) -> list[str]:
        if task.kind == "plan":
            return [name for name in self.persona.tools if name in PLANNING]
        return super().tools_for(task)

    async def after_act(self, run: Run) -> None:
        """A plan is sent back with the reason at most twice; then the playbook is used."""
        sent_back = sum(turn.tool == "submit_plan" for turn in run.turns)
        if sent_back >= self.staff.settings.limits.plan_attempts:
            raise BadPlan(f"no valid plan after {sent_back} attempts")

    async def on_failure(self, task: Task, ending: endings.Failed) -> bool:
        """A first plan that did not come is taken from the playbook."""
        if task.key != "plan" or isinstance(ending, (endings.Blocked, endings.ModelGone)):
            return False
        async with self.staff.outbox.transaction() as tx:
            mission = await tx.missions.get(task.mission_id)
            await missions.start(tx, task, self.staff.playbook(mission.playbook).plan(mission.directive_text))
        return True
