"""Quotes: what a plan is expected to cost and to take, from what such tasks took here; and the CEO's signature.

open -> signed | denied. The first plan of a mission waits as a whole; tasks of a later plan wait for a quote of their
own, which is the difference. The ceiling that is signed is the mission's limit: what is dearer parks, as at any limit.
"""

from collections.abc import Sequence
from graphlib import TopologicalSorter
from statistics import median

from damascus.core.errors import Conflict
from damascus.core.events import EventKind
from damascus.core.records.events import Event
from damascus.core.records.missions import Mission, MissionStatus
from damascus.core.records.plan import Plan, PlannedTask
from damascus.core.records.quotes import Estimate, Quote, QuotedTask, QuoteLines, QuoteStatus
from damascus.core.records.tasks import DeliverableKind, Task, TaskKind, TaskStatus
from damascus.ledger.transaction import ReadTransaction, Transaction
from damascus.work.tasks import missions, tasks

MAX_HISTORY = 50
MAX_MOVES = 1_000  # of one task, as it parks and resumes
MIN_TASK_SECONDS = 30  # of a task; below that the clock of a busy machine says more than the work
REFUSED = "the CEO did not sign what it would cost"
UNSIGNED = "not in the plan that was signed"


async def is_wanted(tx: ReadTransaction, mission: Mission, limit: int, above: int | None) -> bool:
    """Return True if a mission's plan is to be signed: the directive says so, or its limit is above the policy's."""
    directive = await tx.directives.get(mission.directive_id)
    signed = any(quote.status == QuoteStatus.SIGNED for quote in await tx.quotes.of_mission(mission.id))
    return directive.options.quote or signed or (above is not None and limit > above)


async def estimate(tx: ReadTransaction, mission: Mission, plan: Plan, left: int, seconds_per_task: float) -> QuoteLines:
    """Return the estimates of a plan; `left` micro-USD are shared by the tasks of a kind that was never done here."""
    share = Estimate(0, left // len(plan.tasks), left // len(plan.tasks))
    longest = Estimate(0, int(seconds_per_task), int(seconds_per_task))
    kinds = {(item.role, item.deliverable.kind) for item in plan.tasks}
    histories = {kind: await _history(tx, mission, *kind) for kind in kinds}
    lines = []
    for item in plan.tasks:
        spent, took = histories[item.role, item.deliverable.kind]
        cost, seconds = (_of(spent), _of(took)) if spent else (share, longest)
        lines.append(QuotedTask(item.key, item.title, item.role, cost, seconds, len(spent)))
    return QuoteLines(tuple(lines), _together(plan.tasks, lines))


async def sign(tx: Transaction, quote: Quote, ceiling: int) -> None:
    """Let what was quoted begin; the caller sets the limit. Raises Conflict if it was decided before."""
    mission = await tx.missions.lock(quote.mission_id)
    await _decide(tx, quote, QuoteStatus.SIGNED, ceiling)
    if mission.status == MissionStatus.QUOTED:
        mission = await missions.begin(tx, mission)
    for task in await _unsigned(tx, mission.id):
        await tasks.release(tx, task)
    for task in await tx.tasks.parked_for(park_reason(quote.id)):
        await tasks.wake(tx, task.id)
    await missions.advance(tx, mission)


async def refuse(tx: Transaction, quote: Quote, by: str) -> None:
    """Cancel what was quoted, or the whole mission if nothing of it has begun. Raises Conflict as `sign` does."""
    mission = await tx.missions.lock(quote.mission_id)
    await _decide(tx, quote, QuoteStatus.DENIED, None)
    if mission.status == MissionStatus.QUOTED:
        await missions.close(tx, mission, MissionStatus.CANCELLED, "the CEO did not sign the plan's quote", by)
        return
    for task in await _unsigned(tx, mission.id):
        await tasks.end(tx, task, TaskStatus.CANCELLED, by, reason=REFUSED)
    for task in await tx.tasks.parked_for(park_reason(quote.id)):
        await missions.fail_task(tx, task, REFUSED)
    await missions.advance(tx, mission)


def park_reason(quote_id: str) -> str:
    return f"signature {quote_id}"


async def _unsigned(tx: ReadTransaction, mission_id: str) -> list[Task]:
    rows = await tx.tasks.of_mission(mission_id)
    return [task for task in rows if task.status == TaskStatus.STOPPED and task.reason == UNSIGNED]


async def _decide(tx: Transaction, quote: Quote, after: QuoteStatus, ceiling: int | None) -> None:
    if not await tx.quotes.decide(quote.id, after, ceiling):
        raise Conflict(f"the quote {quote.id} has been decided before")


async def _history(
    tx: ReadTransaction, mission: Mission, role: str, kind: DeliverableKind
) -> tuple[list[int], list[int]]:
    """Return what each task of a kind cost and took, in micro-USD and seconds."""
    done = await tx.tasks.done_by_role(role, MAX_HISTORY, besides=mission.id)
    alike = [task for task in done if task.kind == TaskKind.WORK and task.deliverable.kind == kind]
    spent = [await _spent(tx, task) for task in alike]
    return spent, [max(await _seconds_at_work(tx, task), MIN_TASK_SECONDS) for task in alike]


async def _spent(tx: ReadTransaction, task: Task) -> int:
    return sum(use.cost for use in await tx.usage.of_task(task.id))


async def _seconds_at_work(tx: ReadTransaction, task: Task) -> int:
    """Return for how long a worker had a task: what it waited for, such as the CEO's signature, does not count."""
    moves = await tx.events.page({"task_id": task.id, "kind": EventKind.TASK}, after=0, limit=MAX_MOVES)
    ends = [*(move.created_at for move in moves[1:]), task.finished_at or tx.now]
    spans = zip(moves, ends, strict=False)  # a task in the making has no moves yet
    return int(sum((end - move.created_at).total_seconds() for move, end in spans if _is_at_work(move)))


def _is_at_work(move: Event) -> bool:
    return move.payload["after"] in TaskStatus.ACTIVE


def _of(values: Sequence[int]) -> Estimate:
    return Estimate(min(values), int(median(values)), 2 * max(values))


def _together(planned: Sequence[PlannedTask], lines: Sequence[QuotedTask]) -> Estimate:
    """Return how long a plan takes if what waits for nothing is done at once: its longest chain."""
    seconds = {line.key: line.seconds for line in lines}
    needs = {task.key: [need for need in task.depends_on if need in seconds] for task in planned}
    ends: dict[str, Estimate] = {}
    for key in TopologicalSorter(needs).static_order():
        before = [ends[need] for need in needs[key]]
        ends[key] = seconds[key] + Estimate(
            max((end.low for end in before), default=0), max((end.expected for end in before), default=0),
            max((end.worst for end in before), default=0),
        )  # fmt: skip
    return Estimate(
        max(end.low for end in ends.values()), max(end.expected for end in ends.values()),
        max(end.worst for end in ends.values()),
    )  # fmt: skip


async def exceeded(tx: ReadTransaction, task: Task) -> QuotedTask | None:
    """Return what a task came to, if that is more than the worst that was signed for it: twice that is asked for."""
    signed = [quote for quote in await tx.quotes.of_mission(task.mission_id) if quote.status == QuoteStatus.SIGNED]
    lines = [line for quote in signed for line in quote.lines.tasks if line.key == task.key]
    if not lines:
        return None
    spent, took = await _spent(tx, task), await _seconds_at_work(tx, task)
    if spent <= max(line.cost.worst for line in lines) and took <= max(line.seconds.worst for line in lines):
        return None
    return QuotedTask(
        task.key, task.title, task.role, Estimate(spent, spent, 2 * spent), Estimate(took, took, 2 * took)
    )
