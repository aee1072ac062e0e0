"""The section "Trail": what agents of the mission have left for each other."""

from collections.abc import Sequence

from agents.context.token_budget import MAX_ENTRY_CHARS, TokenBudget
from damascus.core.events import TRAIL
from damascus.core.records.events import Event
from damascus.core.records.missions import Mission
from damascus.ledger.transaction import ReadTransaction

MAX_TRAIL_ENTRIES = 40


async def gather(tx: ReadTransaction, mission: Mission, budget: TokenBudget) -> tuple[Event, ...]:
    """Return the newest MAX_TRAIL_ENTRIES entries of a mission's trail, oldest of them first."""
    return budget.newest(newest(await tx.events.trail(mission.id, limit=MAX_TRAIL_ENTRIES)), _chars)


def newest(events: Sequence[Event]) -> tuple[Event, ...]:
    """Return the newest trail entries among `events`, which run from old to new."""
    return tuple([event for event in events if event.kind in TRAIL][-MAX_TRAIL_ENTRIES:])


def _chars(event: Event) -> int:
    return min(len(event.payload["text"]), MAX_ENTRY_CHARS)
