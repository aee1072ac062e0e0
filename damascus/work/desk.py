"""The CEO's desk: questions, permissions and budgets that tasks are parked for, and what the CEO decides.

question:            open -> answered | denied | expired
permission, budget:  open -> granted | denied | expired
decision:            open -> answered (by a directive) | denied | expired
"""

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

from damascus.core.errors import Conflict, Invalid
from damascus.core.events import BudgetMoved, EventKind
from damascus.core.ids import new_id
from damascus.core.messages import Message, MessageType
from damascus.core.money import format_amount, format_usd
from damascus.core.records.budgets import BudgetChange, BudgetUnit, unit_of
from damascus.core.records.desk_items import DeskItem, DeskItemDetail, DeskItemKind, DeskItemStatus
from damascus.core.records.gates import StopDecision
from damascus.core.records.memories import Memory, MemoryStatus
from damascus.core.records.quotes import Estimate, Quote, QuotedTask, QuoteLines, QuoteStatus
from damascus.core.records.tasks import Task, TaskStatus
from damascus.core.records.turns import Turn
from damascus.core.text import visible
from damascus.knowledge.memory import versions
from damascus.knowledge.memory.company_memory import CompanyMemory
from damascus.ledger.transaction import ReadTransaction, Transaction
from damascus.work import event_log
from damascus.work.budget.limits import DAY_PREFIXES, MAX_LIMIT_MICROUSD, LimitReached, mission_scope, of_any_day
from damascus.work.shown_calls import describe_call, fingerprint
from damascus.work.tasks import gates, quotes, stopped_gates, tasks

MAX_SHOWN_CHARS = 20_000
OFFICE = "office"
MOVES: dict[DeskItemKind, Collection[DeskItemStatus]] = {  # what an open item of a kind may become
    DeskItemKind.QUESTION: (DeskItemStatus.ANSWERED, DeskItemStatus.DENIED, DeskItemStatus.EXPIRED),
    DeskItemKind.PERMISSION: (DeskItemStatus.GRANTED, DeskItemStatus.DENIED, DeskItemStatus.EXPIRED),
    DeskItemKind.BUDGET: (DeskItemStatus.GRANTED, DeskItemStatus.DENIED, DeskItemStatus.EXPIRED),
    DeskItemKind.DECISION: (DeskItemStatus.ANSWERED, DeskItemStatus.DENIED, DeskItemStatus.EXPIRED),
}

_APPROVED = "`ceo approve {0}` or `ceo deny {0}`"
_DECIDED_BY = {
    DeskItemKind.QUESTION: "`ceo answer {0} TEXT`",
    DeskItemKind.PERMISSION: _APPROVED,
    DeskItemKind.BUDGET: _APPROVED,
    DeskItemKind.DECISION: "`ceo run --follows {0} TEXT` or `ceo deny {0}`",
}


async def ask(tx: Transaction, task: Task, turn_id: str, question: str) -> DeskItem:
    """Put a task's question on the desk and park the task until it is answered."""
    return await park_for(tx, task, replace(_new_item(tx, task, DeskItemKind.QUESTION, question), turn_id=turn_id))


async def post_question(tx: Transaction, task: Task, question: str) -> DeskItem:
    """Put a question on the desk that no task waits for."""
    return await _put(tx, task, _new_item(tx, task, DeskItemKind.QUESTION, question))


async def post_decisions(tx: Transaction, task: Task, questions: Collection[str]) -> None:
    """Put on the desk what a mission leaves to the CEO to decide; nothing waits for it, each question is put once."""
    known = {
        item.text for item in await tx.desk_items.of_mission(task.mission_id) if item.kind == DeskItemKind.DECISION
    }
    for question in dict.fromkeys(questions):
        if question not in known:
            await _put(tx, task, _new_item(tx, task, DeskItemKind.DECISION, question))


async def take_decision(tx: Transaction, id: str, directive: str) -> None:
    """Note that a directive says how it is decided. Raises Conflict if it was decided before."""
    await _decide(tx, await tx.desk_items.get(id), DeskItemStatus.ANSWERED, directive)


async def refer_gate(tx: Transaction, task: Task, gate: Task, advice: str) -> None:
    """Complete a planning task by asking the CEO what follows on a gate that said stop; no task waits for the answer.

    If the CEO is not to be asked the mission ends there, which is noted as an assumption.
    """
    await tasks.end(tx, task, TaskStatus.COMPLETED, task.role, owner=task.lease_owner, summary=advice)
    mission = await tx.missions.get(gate.mission_id)
    directive = await tx.directives.get(mission.directive_id)
    if not directive.options.ask:
        await stopped_gates.decide(tx, gate, StopDecision.ENDED, "office")
        return
    stopped = ", ".join(other.key for other in await gates.stopped_by(tx, gate))
    text = (
        f"The gate {gate.key!r} said stop: {gate.summary}\nStopped: {stopped}\n{task.role} says: {advice}\n"
        f"How does the mission continue?{numbered(stopped_gates.OPTIONS)}"
    )
    detail = DeskItemDetail(options=tuple(stopped_gates.OPTIONS), gate=gate.id)
    await _put(tx, gate, replace(_new_item(tx, gate, DeskItemKind.QUESTION, text), detail=detail))


def question_of_direction(
    tx: Transaction, task: Task, text: str, options: tuple[str, ...], assumption: str
) -> DeskItem:
    """Return the question which reading of the directive is meant, not yet on the desk."""
    detail = DeskItemDetail(options=options, assumption=assumption)
    return replace(_new_item(tx, task, DeskItemKind.QUESTION, text), detail=detail)


async def ask_signature(tx: Transaction, task: Task, lines: QuoteLines, ceiling: int, limit: int) -> DeskItem:
    """Put a plan's quote on the desk, whole; `ceiling` is the limit that it asks for, `limit` the present one."""
    shown = [
        f"{line.key} ({line.role}): {_range(line.cost, format_usd)}; {_range(line.seconds, _seconds)}"
        + (f"; of {line.based_on} done here" if line.based_on else "; none was done here: from the limits")
        for line in lines.tasks
    ]  # fmt: skip
    text = "\n".join([
        "Sign this plan and its ceiling? Each line: low, expected and worst cost and time.", *shown,
        f"together: {_range(lines.cost, format_usd)}; {_range(lines.seconds, _seconds)}, without planning and summary",
        f"The ceiling becomes the mission's limit: {format_usd(ceiling)}, now {format_usd(limit)}; above it, it asks.",
    ])  # fmt: skip
    item = replace(_new_item(tx, task, DeskItemKind.PERMISSION, text), amount=ceiling)
    return await _put(tx, task, replace(item, detail=DeskItemDetail(quote=True)))


async def ask_difference(tx: Transaction, task: Task, line: QuotedTask) -> None:
    """Park a running task that came to more than was signed, and ask for the difference: `line` is what it came to."""
    budget = await tx.budgets.get(mission_scope(task.mission_id))
    ceiling = max(budget.limit, budget.spent + line.cost.expected)
    text = (
        f"{task.key} ({task.role}) is dearer or longer than was signed: it came to {format_usd(line.cost.expected)} "
        f"and {line.seconds.expected} s. May it continue to {format_usd(line.cost.worst)} and {line.seconds.worst} s?"
    )
    item = replace(_new_item(tx, task, DeskItemKind.PERMISSION, text), amount=ceiling)
    await _put(tx, task, replace(item, detail=DeskItemDetail(quote=True)))
    quote = Quote(
        item.id, task.mission_id, QuoteLines((line,), line.seconds), ceiling, QuoteStatus.OPEN, tx.now, None,
    )  # fmt: skip
    await tx.quotes.add(quote)
    await tasks.park(tx, task, quotes.park_reason(item.id))


def _range(of: Estimate, shown: Callable[[int], str]) -> str:
    return f"{shown(of.low)}, {shown(of.expected)}, {shown(of.worst)}"


def _seconds(value: int) -> str:
    return f"{value} s"


def numbered(options: Collection[str]) -> str:
    """Return options as lines that can be answered by number."""
    return "".join(f"\n  {number}. {option}" for number, option in enumerate(options, start=1))


def _chosen(item: DeskItem, answer: str) -> str | None:
    """Return the option that an answer names, by its number or its words."""
    said = answer.strip().rstrip(".").casefold()
    named = {str(number): option for number, option in enumerate(item.detail.options, start=1)}
    return named.get(said) or next((option for option in named.values() if option.casefold() == said), None)


async def withdraw(tx: Transaction, id: str, why: str) -> None:
    """Take a question off the desk that needs no answer any more. Does nothing if it is closed."""
    item = await tx.desk_items.get(id)
    if item.status == DeskItemStatus.OPEN:
        await _decide(tx, item, DeskItemStatus.EXPIRED, why)


async def ask_permission(tx: Transaction, task: Task, turn_id: str, tool: str, arguments: Any, danger: str) -> DeskItem:
    """Put a tool call that a policy holds back for its danger on the desk, all of it, and park the task.

    Raises Invalid, with a text for the model, if it is too long for a person to be asked about.
    """
    text = describe_call(task.role, tool, arguments)
    if len(text) > MAX_SHOWN_CHARS:
        raise Invalid(
            f"{tool} needs the CEO's permission, and the CEO is shown the whole call: with {len(text)} characters it "
            f"is too long, at most {MAX_SHOWN_CHARS} are shown. Make it in smaller steps"
        )
    item = _new_item(tx, task, DeskItemKind.PERMISSION, text)
    detail = DeskItemDetail(tool=tool, danger=danger, sha256=fingerprint(text, tool, arguments))
    return await park_for(tx, task, replace(item, turn_id=turn_id, detail=detail))


async def is_permitted(tx: ReadTransaction, task: Task, turn: Turn) -> bool:
    """Return True if the CEO granted this very call: the one that was shown, to the letter."""
    item = await tx.desk_items.of_turn(turn.id)
    if item is None or (item.kind, item.status) != (DeskItemKind.PERMISSION, DeskItemStatus.GRANTED):
        return False
    text = describe_call(task.role, turn.tool or "", turn.arguments)
    return item.text == text and item.detail.sha256 == fingerprint(text, turn.tool or "", turn.arguments)


async def propose_memory(tx: Transaction, task: Task, memory: Memory) -> DeskItem:
    """Ask the CEO whether a memory is to steer the company; no task waits for that."""
    origin = "This mission read pages of strangers, which may have put it there." if memory.from_web else ""
    text = f"{task.role} proposes a {memory.kind} for all later missions: {visible(memory.content)} {origin}".strip()
    item = _new_item(tx, task, DeskItemKind.PERMISSION, text)
    return await _put(tx, task, replace(item, detail=DeskItemDetail(tool="remember", memory=memory.id)))


async def close_proposal(tx: Transaction, memory_id: str, *, is_granted: bool) -> None:
    """Decide what the desk asks of a memory that the CEO confirmed or forgot elsewhere; nothing if it asks nothing."""
    for item in await tx.desk_items.open_of_kind(DeskItemKind.PERMISSION):
        if item.detail.memory == memory_id:
            await (approve(tx, item.id) if is_granted else deny(tx, item.id))


async def request_budget(tx: Transaction, task: Task, reached: LimitReached) -> None:
    """Park a task whose next call does not fit; one request per mission and limit is on the desk."""
    await tx.budgets.lock([reached.scope])  # of two who ask at once one asks, and who asks is not overtaken by a raise
    await tasks.park(tx, task, budget_park_reason(reached.scope))
    budget = await tx.budgets.get(reached.scope)
    if budget.limit > reached.limit and budget.spent + reached.least <= budget.limit:
        await tasks.wake(tx, task.id)  # it was raised meanwhile, and the raise did not see this task
        return
    on_desk = [item.detail.scope for item in await tx.desk_items.open_of_kind(DeskItemKind.BUDGET, task.mission_id)]
    if reached.scope not in on_desk:
        amount = max(2 * reached.limit, reached.spent + 2 * reached.need)
        text = f"{reached}. Raise the limit to {format_amount(reached.scope, amount)}?"
        item = _new_item(tx, task, DeskItemKind.BUDGET, text)
        detail = DeskItemDetail(scope=reached.scope, need=reached.need)
        await _put(tx, task, replace(item, amount=amount, detail=detail))
        moved = BudgetMoved(scope=reached.scope, spent=reached.spent, limit=reached.limit, what=BudgetChange.REACHED)
        tx.events.append(EventKind.BUDGET, task.role, moved, task.mission_id, task.id)


def budget_park_reason(scope: str) -> str:
    return f"budget {scope}"


async def answer(tx: Transaction, id: str, text: str) -> DeskItem:
    """Answer a question and resume its task. Raises Invalid if it is not a question, Conflict if it is closed."""
    item = await tx.desk_items.get(id)
    if item.kind == DeskItemKind.DECISION:
        raise Invalid(f"nobody waits for {id}, a decision: give a directive, `ceo run --follows {id} TEXT`, or deny it")
    chosen = _chosen(item, text)
    if item.detail.gate and chosen is None:
        raise Invalid(f"{id} is answered with a number or the words of it:{numbered(item.detail.options)}")
    text = chosen or text
    await _lock_mission(tx, item)
    await _decide(tx, item, DeskItemStatus.ANSWERED, text)
    task = await tx.tasks.find(item.task_id or "")
    ref = f"\n[trail entry e{await event_log.append_answer(tx, task, item.text, text)}]" if task else ""
    await _resume(tx, item, f"The CEO answers: {text}{ref}")
    if item.detail.gate and task and chosen:
        await stopped_gates.decide(tx, task, stopped_gates.OPTIONS[chosen], event_log.CEO)
    return item


async def approve(tx: Transaction, id: str, limit: int | None = None) -> DeskItem:
    """Grant a permission, or raise a budget to `limit` micro-USD (default: what was asked for).

    Raises Invalid if it is a question, Conflict if it is closed.
    """
    item = await tx.desk_items.get(id)
    if item.kind == DeskItemKind.BUDGET:
        _check_move(item, DeskItemStatus.GRANTED)
        if limit and (unit := unit_of(item.detail.scope)) != BudgetUnit.MICROUSD:
            raise Invalid(
                f"{id} asks for {unit} and not for money: approve it as it is, or use `ceo budget MISSION --{unit}`"
            )
        await set_limit(tx, item.detail.scope, limit or item.amount, item.mission_id)
        return item
    await _lock_mission(tx, item)
    await _decide(tx, item, DeskItemStatus.GRANTED, None)
    if item.detail.quote:
        ceiling = limit or item.amount
        await set_limit(tx, mission_scope(item.mission_id), ceiling, item.mission_id)
        await quotes.sign(tx, await tx.quotes.get(item.id), ceiling)
    await _settle_proposal(tx, item, is_granted=True)
    if item.turn_id and item.task_id:
        await tx.turns.reopen(item.turn_id)
        await tasks.wake(tx, item.task_id)
    return item


async def deny(tx: Transaction, id: str, why: str | None = None) -> DeskItem:
    """Say no: a held-back call gets that as its result; a denied budget leaves its tasks parked.

    Raises Conflict if the item is closed.
    """
    item = await tx.desk_items.get(id)
    await _lock_mission(tx, item)
    await _decide(tx, item, DeskItemStatus.DENIED, why)
    if item.detail.quote:
        await quotes.refuse(tx, await tx.quotes.get(item.id), event_log.CEO)
    await _settle_proposal(tx, item, is_granted=False)
    if item.detail.gate:
        await stopped_gates.decide(tx, await tx.tasks.get(item.detail.gate), StopDecision.ENDED, event_log.CEO)
    if item.kind != DeskItemKind.BUDGET:
        await _resume(tx, item, f"The CEO says no{f': {why}' if why else ''}. Continue without it.")
    return item


async def _lock_mission(tx: Transaction, item: DeskItem) -> None:
    """Lock the mission first where a decision changes it, as who cancels it does: no two wait for each other."""
    if item.detail.quote or item.detail.gate:
        await tx.missions.lock(item.mission_id)


async def set_limit(tx: Transaction, scope: str, limit: int, mission_id: str | None = None) -> None:
    """Set the limit of a scope, grant its open budget requests, and resume every task parked for it.

    Tasks whose request was denied resume too. Tasks parked for a past day's budget count against today's and resume
    with it. Raises Invalid if the limit is above MAX_LIMIT_MICROUSD or below what is already spent.
    """
    budget = await tx.budgets.get(scope)
    if limit > MAX_LIMIT_MICROUSD:
        raise Invalid(f"a limit is at most {format_amount(scope, MAX_LIMIT_MICROUSD)}")
    if limit < budget.spent:
        of = partial(format_amount, scope)
        raise Invalid(f"{of(limit)} is less than the {of(budget.spent)} already spent")
    await tx.budgets.set_limit(scope, limit)
    moved = BudgetMoved(scope=scope, spent=budget.spent, limit=limit, what=BudgetChange.RAISED)
    tx.events.append(EventKind.BUDGET, "ceo", moved, mission_id)
    await resume_parked_for(tx, scope)


async def resume_parked_for(tx: Transaction, scope: str) -> None:
    """Grant the open requests for a scope whose limit has changed, and resume the tasks parked for it."""
    waits = budget_park_reason(of_any_day(scope) or scope)
    for item in await tx.desk_items.open_of_kind(DeskItemKind.BUDGET):
        if budget_park_reason(item.detail.scope).startswith(waits):
            await _decide(tx, item, DeskItemStatus.GRANTED, None)
    for task in await tx.tasks.parked_for(waits):
        await tasks.wake(tx, task.id)


async def begin_day(tx: Transaction, today: date) -> int:
    """Wake the tasks that wait for the money of another day, and expire the requests for it. Returns how many woke."""
    parked = [
        task
        for prefix in DAY_PREFIXES
        for task in await tx.tasks.parked_for(budget_park_reason(prefix))
        if task.reason != budget_park_reason(f"{prefix}{today}")
    ]
    if not parked:
        return 0
    for item in await tx.desk_items.open_of_kind(DeskItemKind.BUDGET):
        scope = item.detail.scope
        prefix = of_any_day(scope)
        if prefix is not None and scope != f"{prefix}{today}":
            await _decide(tx, item, DeskItemStatus.EXPIRED, "that day is over")
    return sum([await tasks.wake(tx, task.id) for task in parked])


async def _settle_proposal(tx: Transaction, item: DeskItem, *, is_granted: bool) -> None:
    """Put a proposed memory in force, or forget it; nothing if the CEO has done so already."""
    memory = await tx.memories.find(item.detail.memory) if item.detail.memory else None
    if memory is None or memory.status != MemoryStatus.PROPOSED:
        return
    if is_granted:
        await CompanyMemory.confirm(tx, memory.id)
    else:
        await versions.forget(tx, memory.id)


def _new_item(tx: Transaction, task: Task, kind: DeskItemKind, text: str) -> DeskItem:
    return DeskItem(
        id=new_id("apr"), kind=kind, mission_id=task.mission_id, task_id=task.id, turn_id=None, text=text,
        amount=0, detail=DeskItemDetail(), status=DeskItemStatus.OPEN, answer=None, created_at=tx.now, decided_at=None,
    )  # fmt: skip


async def _put(tx: Transaction, task: Task, item: DeskItem) -> DeskItem:
    await tx.desk_items.add(item)
    event_log.desk_changed(tx, item, DeskItemStatus.OPEN, task.role, item.text)
    context = {"mission_id": task.mission_id, "task_id": task.id, "approval_id": item.id}
    message = Message(sender=task.role, to="ceo", type=MessageType.QUESTION, content=item.text, context=context)
    await tx.messages.post(message)
    return item


async def park_for(tx: Transaction, task: Task, item: DeskItem) -> DeskItem:
    """Put an item on the desk that a tool call waits for."""
    await tx.turns.mark_waiting(item.turn_id or "")
    await _put(tx, task, item)
    await tasks.park(tx, task, f"{item.kind} {item.id}")
    return item


def _check_move(item: DeskItem, after: DeskItemStatus) -> None:
    if after not in MOVES[item.kind]:
        raise Invalid(f"{item.id} is a {item.kind} request; use {_DECIDED_BY[item.kind].format(item.id)}")
    if item.status != DeskItemStatus.OPEN:
        raise Conflict(f"{item.id} has already been {item.status}")


async def _decide(tx: Transaction, item: DeskItem, after: DeskItemStatus, answer: str | None) -> None:
    _check_move(item, after)
    if not await tx.desk_items.decide(item.id, after, answer, tx.now):
        raise Conflict(f"{item.id} was decided at the same time; see `ceo desk`")
    by = OFFICE if after == DeskItemStatus.EXPIRED else event_log.CEO
    event_log.desk_changed(tx, item, after, by, answer or after)


async def _resume(tx: Transaction, item: DeskItem, result: str) -> None:
    if item.turn_id and item.task_id:
        await tx.turns.finish(item.turn_id, result, tx.now)
        await tasks.wake(tx, item.task_id)
