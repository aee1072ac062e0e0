"""The section "Trail": what of it a task cannot do without.

That is what the reports it builds on cite, what went wrong, what somebody must do, what the CEO answered, and its own
entries; the other findings are a call of `read_trail` away. Who answers a colleague's question is told all of it.
"""

from collections.abc import Collection, Sequence

from agents.context.dependencies import DependencyResult
from agents.context.token_budget import MAX_CITED_CHARS, MAX_ENTRY_CHARS, TokenBudget
from damascus.core.events import TRAIL, EventKind
from damascus.core.records.events import Event
from damascus.core.records.tasks import Task, TaskKind
from damascus.ledger.transaction import ReadTransaction

MAX_TRAIL_ENTRIES = 40
MAX_LOOKED_AT = 500
ALWAYS_TOLD = frozenset({EventKind.ERROR, EventKind.REQUEST_FOR_HELP, EventKind.ANSWER})


async def gather(
    tx: ReadTransaction,
    task: Task,
    needed: Sequence[DependencyResult],
    budget: TokenBudget,
    whole: Collection[str] = (),
) -> tuple[tuple[Event, ...], int]:
    """Return the newest MAX_TRAIL_ENTRIES entries that `task` is told, oldest first, and how many others there are.

    `whole` are the paths of reports that stand in its prompt: these say themselves what they cite.
    """
    entries = await tx.events.trail(task.mission_id, limit=MAX_LOOKED_AT)
    reports = [made for done in needed for made in done.artifacts if made.path not in whole]
    cited = {source.ref for made in reports for source in made.detail.sources}
    corrected = await tx.events.corrections(task.mission_id)
    cited |= {f"e{corrected[number]}" for number in corrected if f"e{number}" in cited}
    chosen = [entry for entry in entries if task.kind == TaskKind.ANSWER or _is_needed(entry, task, cited)]
    told = budget.newest(newest(chosen), _chars)
    return told, len(entries) - len(told)


def newest(events: Sequence[Event]) -> tuple[Event, ...]:
    """Return the newest trail entries among `events`, which run from old to new."""
    return tuple([event for event in events if event.kind in TRAIL][-MAX_TRAIL_ENTRIES:])


def _is_needed(entry: Event, task: Task, cited: set[str]) -> bool:
    return entry.ref in cited or entry.kind in ALWAYS_TOLD or entry.task_id == task.id


def _chars(event: Event) -> int:
    return min(len(event.payload["text"]), MAX_ENTRY_CHARS if event.kind in ALWAYS_TOLD else MAX_CITED_CHARS)
