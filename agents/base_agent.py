"""The loop that every agent is: receive, think, act, record.

An agent keeps nothing between two steps: each response and each result is in the ledger before the next step, so any
worker of the role may continue where another one died. Answered model calls are never made again. What surrounds a
step (bounds, policy, stuck detection, ...) is in hooks/; what is not written yet is in the journal.
"""

import asyncio
import logging
from functools import partial
from typing import Any

from agents import conversation, outcomes, pictures, prompt
from agents.beginning import begin
from agents.compactor import Compactor
from agents.context import offered_tools, task_context
from agents.finishing import finish
from agents.hooks.broken_responses import was_cut_off
from agents.hooks.chain import HookChain
from agents.hooks.isolation import Isolation
from agents.hooks.standard import standard_hooks
from agents.journal import Journal
from agents.live_output import LiveOutput
from agents.planner import PLANNING_ONLY, Planner
from agents.run import Run
from damascus.composition.agents import AgentServices
from damascus.core.errors import LeaseLost, ModelRefused, ModelUnavailable
from damascus.core.failpoints import failpoint
from damascus.core.records.tasks import Task
from damascus.core.records.turns import Turn
from damascus.llm.port import ModelRequest, ModelResponse
from damascus.staff.personas import Persona
from damascus.tools.tool import TaskEffect, ToolContext, ToolResult
from damascus.work import desk
from damascus.work.budget import limits
from damascus.work.budget.meter import BudgetMeter
from damascus.work.task_lease import TaskLease
from damascus.work.tasks import missions

log = logging.getLogger(__name__)
ENDED_BY_CALL = {TaskEffect.PLANNED: outcomes.Planned, TaskEffect.REVIEWED: outcomes.Reviewed}


class BaseAgent:
    """A persona at work: carries tasks, one or several at a time, to an outcome; `isolation` is the process's."""

    def __init__(self, persona: Persona, services: AgentServices, isolation: Isolation | None = None) -> None:
        self.persona = persona
        self.services = services
        own = [Planner(persona, services)] if persona.planner else []
        standard = standard_hooks(services, isolation or Isolation())
        self._hooks = HookChain([*own, *standard, Compactor(services)])

    async def run(self, task: Task) -> None:
        """Carry a claimed task to an outcome, whichever it is."""
        lease = TaskLease(self.services.outbox, task, self.services.settings, self.services.clock)
        try:
            await self._hooks.around_run(lease, partial(self._loop, lease))
        except outcomes.Failed as outcome:
            await self.fail(task, outcome)
        except outcomes.RunOutcome as outcome:
            log.info("task %s %s: %s", task.id, outcome.label, outcome)
        except LeaseLost as lost:
            log.info("task %s lost: %s", task.id, lost)

    async def _loop(self, lease: TaskLease) -> None:
        run = await self.receive(lease)
        await self._hooks.before_run(run)
        while True:
            try:
                await self.act(run)
                response = await self.think(run)
            except limits.LimitReached as reached:
                raise await self._parked(run, reached) from reached
            await self.record(run, response)

    async def receive(self, lease: TaskLease) -> Run:
        """Return what a run starts from: the task, what others did for it, and its own transcript so far."""
        task = lease.task
        async with self.services.outbox.reading() as tx:
            granted = self._hooks.grant_tools(task, frozenset(self.persona.tools) - PLANNING_ONLY)
            context = await task_context.gather(tx, task, self.services, granted)
            journal = await Journal.read(tx, self.services.outbox, task, self.services.settings)
            beginning = begin(self.persona, context, journal, await tx.openings.find(task.id))
        shown = granted.intersection(beginning.opening.told.tools)
        told = prompt.told(beginning.opening.system, context, self.services.registry.specs(sorted(shown)))
        return Run(lease, context.mission, beginning, journal, self.services.clock.monotonic(), granted, told)

    async def think(self, run: Run) -> ModelResponse:
        """Make one model call, its worst case reserved before. Raises LimitReached, ModelFailed if none answers."""
        services = self.services
        meter = BudgetMeter(services.outbox, run.lease, services.settings, services.clock, run.journal.write_pending)
        try:
            return await self._hooks.around_think(run, lambda: self._asked(run, meter))
        except (ModelUnavailable, ModelRefused) as error:
            raise outcomes.ModelFailed(str(error)) from error

    async def _asked(self, run: Run, meter: BudgetMeter) -> ModelResponse:
        request = await asyncio.to_thread(self._request, run)  # it reads files
        return await self.services.model.complete(request, meter, LiveOutput(self.services, run.task.id).say)

    async def _parked(self, run: Run, reached: limits.LimitReached) -> outcomes.Parked:
        """Ask the CEO for the money of a call, and return the outcome that waits for it."""
        async with self.services.outbox.transaction() as tx:
            await run.journal.write_pending(tx)
            await desk.request_budget(tx, run.task, reached)
        return outcomes.Parked(str(reached))

    def _request(self, run: Run) -> ModelRequest:
        persona, tools = self.persona, sorted(self._hooks.offer_tools(run, run.shown))
        return ModelRequest(
            tier=persona.tier, max_tokens=persona.max_tokens, temperature=persona.temperature,
            messages=self._said(run), role=persona.role,
            tools=offered_tools.specs(self.services.registry, tools, run.task),
            task_id=run.task.id, mission_id=run.task.mission_id,
            compactable=bool(run.journal.sent_turns()), after_cut=was_cut_off(run.journal.turns),
        )  # fmt: skip

    def _said(self, run: Run) -> list[dict[str, Any]]:
        return conversation.of_run(run, partial(pictures.shown, self.services.settings.shared))

    async def act(self, run: Run) -> None:
        """Make the calls that have no result yet; if the run fails here, its transcript is whole."""
        try:
            for turn in run.journal.open_calls():
                await run.journal.flush()
                await self._finish_call(run, turn, await self._execute_call(run, turn))
            await self._hooks.after_act(run)
        except outcomes.Failed:
            await run.journal.flush()
            raise

    async def record(self, run: Run, response: ModelResponse) -> None:
        """Write the response, its calls and its cost."""
        failpoint("after-answer")
        await self._hooks.around_record(run, partial(run.journal.record, response, self._hooks.note))

    async def fail(self, task: Task, outcome: outcomes.Failed) -> None:
        """Fail a task, unless a hook knows a way out."""
        log.warning("task %s %s: %s", task.id, outcome.label, outcome)
        try:
            if await self._hooks.on_failure(task, outcome):
                return
            async with self.services.outbox.transaction() as tx:
                await missions.fail_task(tx, task, str(outcome), replan=not isinstance(outcome, outcomes.ModelFailed))
        except LeaseLost as lost:
            log.info("task %s lost: %s", task.id, lost)

    async def _execute_call(self, run: Run, turn: Turn) -> ToolResult:
        name = turn.tool or ""
        tool = self.services.registry.find(name) if name in run.granted else None
        instead = await self._hooks.before_call(run, turn, tool)
        if instead is not None:
            return instead
        if tool is not None and not tool.idempotent:
            await run.journal.start(turn)
        context = ToolContext(run.lease, run.mission, self.persona.author(), turn, run.told)
        call = partial(self.services.registry.run, context, run.granted, name, turn.arguments)
        return await self._hooks.around_call(run, call)

    async def _finish_call(self, run: Run, turn: Turn, result: ToolResult) -> None:
        """Write a call's result (later, if the call may be repeated) and raise the outcome that it asks for."""
        if result.effect == TaskEffect.PARKED:
            raise outcomes.Parked(result.text)
        if result.effect == TaskEffect.FINISHED:
            result = await finish(run, turn, result, self.services)
        failpoint("after-tool")
        run.journal.add_result(turn, self._hooks.after_call(run, turn, result.text), result.picture)
        tool = self.services.registry.find(turn.tool or "")
        if result.effect is not None or tool is None or not tool.idempotent:
            # a task that ended with its plan or its review: no worker holds it any more
            await run.journal.flush(has_lease=result.effect not in ENDED_BY_CALL)
        if result.effect in ENDED_BY_CALL:
            raise ENDED_BY_CALL[result.effect](result.text)
        if result.effect == TaskEffect.BLOCKED:
            raise outcomes.AgentBlocked(result.text)
