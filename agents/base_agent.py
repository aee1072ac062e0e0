"""The think-act loop that every agent is: receive, think, act, record.

An agent keeps nothing between two steps: each answer and each result is in the ledger before the next step, so any
worker of the role may go on where another one died. Answered model calls are never made again.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine
from dataclasses import replace
from typing import Any

from agents import briefing, endings
from agents.live import Live
from agents.patience import tries
from agents.run import Run
from damascus.composition.agents import AgentServices
from damascus.core.errors import LeaseLost, ModelRefused, ModelUnavailable, Unavailable
from damascus.core.failpoints import failpoint
from damascus.core.records.tasks import Task, TaskStatus
from damascus.core.records.turns import Turn, TurnStatus
from damascus.ledger.transaction import Transaction
from damascus.llm.port import ModelRequest, ModelResponse, Unreachable
from damascus.staff.personas import Persona
from damascus.tools.tool import ToolContext, ToolResult
from damascus.work import desk, policies
from damascus.work.budget import budget
from damascus.work.receipts import receipts
from damascus.work.task_lease import TaskLease
from damascus.work.tasks import missions, tasks, transcript

log = logging.getLogger(__name__)

LAST_WORDS = 1.0
CUT_OFF = "Your last answer was cut off at its token limit. Say it in smaller pieces."
INTERRUPTED = "This call was interrupted by a crash; whether it took effect is not known. Look before you repeat it."


class BaseAgent:
    """A persona at work; `worker` names the process that carries it."""

    def __init__(self, persona: Persona, staff: AgentServices, worker: str) -> None:
        self.persona = persona
        self.staff = staff
        self.worker = worker

    async def run(self, task: Task) -> None:
        """Carry a claimed task to an end, whichever it is."""
        lease = TaskLease(self.staff.outbox, task, self.staff.settings, self.staff.clock)
        try:
            await self._while_leased(lease, self._loop(lease))
        except endings.Failed as ending:
            await self.fail(task, ending)
        except endings.Ending as ending:
            log.info("%s %s: %s", task.id, type(ending).__name__.lower(), ending)
        except LeaseLost as lost:
            log.info("%s left: %s", task.id, lost)

    async def _loop(self, lease: TaskLease) -> None:
        run = await self.receive(lease)
        while True:
            await self.step(run)
            answer = await self.think(run)
            await self.record(run, answer)

    async def receive(self, lease: TaskLease) -> Run:
        """What this run starts from: the task, what others did for it, and its own transcript so far."""
        task = lease.task
        async with self.staff.outbox.reading() as tx:
            brief = await briefing.gather(tx, task, self.staff)
            turns = await tx.turns.of_task(task.id)
            autonomy = await policies.autonomy(tx)
        opening = briefing.opening(self.persona, brief)
        granted = frozenset(self.tools_for(task))
        return Run(lease, brief.mission, opening, turns, self.staff.clock.monotonic(), autonomy, granted)

    async def step(self, run: Run) -> None:
        """Act, and see whether the run is within its bounds; when it ends here the transcript is whole."""
        try:
            await self.act(run)
            run.check(self.staff.settings.limits, self.staff.clock.monotonic())
        except endings.Failed:
            await self._flush(run)
            raise

    async def think(self, run: Run) -> ModelResponse:
        """One model call, its worst case held against the budgets before it is made."""
        request = ModelRequest(
            tier=self.persona.tier,
            messages=run.opening + transcript.to_chat(run.turns),
            tools=self.staff.registry.specs(sorted(run.granted - run.course(self.staff.settings.limits).taken)),
            max_tokens=self.persona.max_tokens,
            temperature=self.persona.temperature,
            role=self.persona.role,
            task_id=run.task.id,
            mission_id=run.task.mission_id,
        )
        meter = budget.BudgetMeter(
            self.staff.outbox, run.lease, self.staff.settings, self.staff.clock, lambda tx: self._write(tx, run)
        )
        try:
            return await self._ask(request, meter)
        except budget.LimitReached as reached:
            async with self.staff.outbox.transaction() as tx:
                await self._write(tx, run)
                await desk.request_budget(tx, run.task, reached)
            raise endings.Parked(str(reached)) from reached
        except (ModelUnavailable, ModelRefused) as error:
            raise endings.ModelGone(str(error)) from error

    async def _ask(self, request: ModelRequest, meter: budget.BudgetMeter) -> ModelResponse:
        """Ask; a model's server that is gone is waited for, since it may be on its way back and waiting is free."""
        async for may_wait in self._tries():
            try:
                return await self.staff.model.complete(request, meter, Live(self.staff, request.task_id).say)
            except Unreachable as error:
                if not may_wait:
                    raise
                log.warning("%s waits for its model: %s", request.task_id, error)
        raise AssertionError("the last try ends it")

    def _tries(self) -> AsyncIterator[bool]:
        return tries(self.staff.clock, self.staff.settings.limits.model_patience)

    async def record(self, run: Run, answer: ModelResponse) -> None:
        """Write the answer, its calls and its cost; while the ledger cannot take it, it is kept: it is paid for."""
        failpoint("after-answer")
        async for may_wait in self._tries():
            try:
                await self._record(run, answer)
            except Unavailable as error:
                if not may_wait:
                    raise
                log.warning("%s keeps an answer: %s", run.task.id, error)
            else:
                return

    async def _record(self, run: Run, answer: ModelResponse) -> None:
        used = answer.usage
        cost = budget.Cost(answer.model, used.input_tokens, used.output_tokens, used.cost_microusd, used.price_known)
        lost: LeaseLost | None = None
        async with self.staff.outbox.transaction() as tx:
            new = await budget.settle(tx, answer.reservation, run.task, cost, self.staff.settings)
            try:
                await tasks.fence(tx, run.task)
            except LeaseLost as error:
                lost = error  # what it cost is still counted
            else:
                # counted before, and still ours: an attempt whose commit seemed to fail did not
                turns = await self._add(tx, run, answer) if new else await tx.turns.of_task(run.task.id)
                autonomy = await policies.autonomy(tx)
            failpoint("before-turn")
        if lost is not None:
            raise lost
        run.unwritten = None  # the reservation's transaction wrote it
        run.turns, run.autonomy = turns, autonomy

    async def _add(self, tx: Transaction, run: Run, answer: ModelResponse) -> list[Turn]:
        """The transcript with the answer, its calls, and a nudge where there are none."""
        calls = [transcript.RecordedCall(c.id, c.name, c.problem or c.arguments) for c in answer.calls]
        new = await transcript.record_answer(tx, run.task, run.next_n(), answer.text, calls)
        if not calls:
            cut = answer.finish_reason == "length"
            course = replace(run, turns=run.turns + new).course(self.staff.settings.limits)
            new.append(await transcript.say(tx, run.task, new[-1].n + 1, CUT_OFF if cut else course.nudge()))
        return run.turns + new

    async def act(self, run: Run) -> None:
        """Run the calls that have no result yet, in order, and write each result."""
        for turn in run.open_calls():
            await self._flush(run)
            run.check_time(self.staff.settings.limits, self.staff.clock.monotonic())
            result = await self._perform(run, turn)
            if result.ending == "parked":
                raise endings.Parked(result.text)
            if result.ending == "finished":
                result = await self._conclude(run, turn, result)
            await self._write_result(run, turn, result)
            if result.ending == "planned":
                raise endings.Planned(result.text)
            if result.ending == "blocked":
                raise endings.Blocked(result.text)
        await self.after_act(run)

    async def after_act(self, run: Run) -> None:
        """What a role does after each step; nothing, unless it says otherwise."""

    async def on_failure(self, task: Task, ending: endings.Failed) -> bool:  # noqa: ARG002
        """A role's own way out of a failure; True when it took it."""
        return False

    def tools_for(self, task: Task) -> list[str]:  # noqa: ARG002
        """The tools offered for a task: the persona's, without those of another kind of task."""
        return [name for name in self.persona.tools if name != "submit_plan"]

    async def _perform(self, run: Run, turn: Turn) -> ToolResult:
        if not isinstance(turn.arguments, dict):
            return ToolResult(f"The call could not be read: {turn.arguments}. Make it again with valid JSON arguments.")
        refusal = run.course(self.staff.settings.limits).refusal(turn)
        if refusal is not None:
            return ToolResult(refusal)
        name = turn.tool or ""
        tool = self.staff.registry.find(name)
        if tool is not None and name in run.granted:
            if turn.status == "started" and not tool.idempotent:
                return ToolResult(INTERRUPTED)
            held_back = await self._policy(run, turn, tool.danger)
            if held_back is not None:
                return held_back
            if not tool.idempotent:
                await self._start(run, turn)
        return await self._use(run, turn, name)

    async def _use(self, run: Run, turn: Turn, name: str) -> ToolResult:
        """Run the call; a service that is away is waited for."""
        context = ToolContext(run.lease, run.mission, self.persona.author(), turn)
        async for may_wait in self._tries():
            result = await self.staff.registry.run(context, run.granted, name, turn.arguments)
            if not result.again or not may_wait:
                return result
            log.warning("%s waits: %s", run.task.id, result.text)
        raise AssertionError("the last try ends it")

    async def _policy(self, run: Run, turn: Turn, danger: str) -> ToolResult | None:
        verdict = getattr(run.autonomy, danger)
        if verdict == "deny":
            return ToolResult(f"The CEO's policy forbids {turn.tool}. Go on without it.")
        if verdict == "ask" and not await self._permitted(turn):
            async with self.staff.outbox.transaction() as tx:
                await tasks.fence(tx, run.task)
                await desk.ask_permission(tx, run.task, turn.id, turn.tool or "", turn.arguments)
            return ToolResult(f"{turn.tool} waits for the CEO's permission", "parked")
        return None

    async def _permitted(self, turn: Turn) -> bool:
        async with self.staff.outbox.reading() as tx:
            asked = await tx.desk_items.of_turn(turn.id)
        return asked is not None and asked.status == "granted"

    async def _start(self, run: Run, turn: Turn) -> None:
        async with self.staff.outbox.transaction() as tx:
            await tasks.fence(tx, run.task)
            await tx.turns.mark_started(turn.id)

    async def _write_result(self, run: Run, turn: Turn, result: ToolResult) -> None:
        """Write a call's result, or let it wait for the next step's reservation if the call may be run again."""
        failpoint("after-tool")
        text = result.text + run.course(self.staff.settings.limits).advice.get(turn.id, "")
        done = replace(turn, status=TurnStatus.DONE, content=text)
        run.replace_turn(done)
        run.unwritten = done
        tool = self.staff.registry.find(turn.tool or "")
        if result.ending is not None or tool is None or not tool.idempotent:
            # a planning task has ended with its plan: nobody holds it any more
            await self._flush(run, held=result.ending != "planned")

    async def _flush(self, run: Run, *, held: bool = True) -> None:
        """Have the newest result in the ledger before anything else happens."""
        if run.unwritten is None:
            return
        async with self.staff.outbox.transaction() as tx:
            if held:
                await tasks.fence(tx, run.task)
            await self._write(tx, run)
            run.autonomy = await policies.autonomy(tx)
            failpoint("before-result")
        run.unwritten = None

    async def _write(self, tx: Transaction, run: Run) -> None:
        if run.unwritten is not None:
            await tx.turns.finish(run.unwritten.id, run.unwritten.content, tx.now)

    async def _conclude(self, run: Run, turn: Turn, result: ToolResult) -> ToolResult:
        """Check the receipts of a task that its agent calls done; Finished when they hold."""
        if run.task.deliverable.get("kind") == "code":  # its tests take a while, and people see that it is checked
            async with self.staff.outbox.transaction() as tx:
                await tasks.fence(tx, run.task, TaskStatus.CHECKING)
        found = await receipts.check(self.staff.evidence, run.task, run.mission, result.text)
        missing = receipts.unmet(found)
        async with self.staff.outbox.transaction() as tx:
            await tasks.fence(tx, run.task)
            await receipts.write(tx, found)
            if missing is None:
                await tx.turns.finish(turn.id, "done", tx.now)
                await missions.complete(tx, run.task, result.text)
                failpoint("before-completed")
        if missing is None:
            raise endings.Finished(result.text)
        return ToolResult(missing)

    async def fail(self, task: Task, ending: endings.Failed) -> None:
        """Fail a task, unless its role knows a way out."""
        log.warning("%s %s: %s", task.id, type(ending).__name__.lower(), ending)
        try:
            if await self.on_failure(task, ending):
                return
            async with self.staff.outbox.transaction() as tx:
                await missions.fail_task(tx, task, str(ending), replan=not isinstance(ending, endings.ModelGone))
        except LeaseLost as lost:
            log.info("%s left: %s", task.id, lost)

    async def _while_leased(self, lease: TaskLease, work: Coroutine[Any, Any, None]) -> None:
        """Run `work`, renewing the lease; when another has taken the task over (or it was cancelled), stop."""
        every = self.staff.settings.limits.lease / 3
        running = asyncio.create_task(work)
        try:
            while not running.done():
                await asyncio.wait({running}, timeout=every)
                if not running.done():
                    await self._renew(lease, running)
            running.result()
        finally:
            if not running.done():
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)

    async def _renew(self, lease: TaskLease, running: "asyncio.Task[None]") -> None:
        try:
            async with lease.renewed():
                pass
        except Unavailable as error:  # the next write decides
            log.warning("could not renew the lease of %s: %s", lease.task.id, error)
        except LeaseLost:
            # it may have ended the task itself just now, and be about to say so
            if not (await asyncio.wait({running}, timeout=LAST_WORDS))[0]:
                raise
