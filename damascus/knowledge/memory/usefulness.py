"""Which memories of an owner go first when there are too many.

Useful is what is believed, what was shown to tasks, and what is not old:

    confidence * (1 + log2(1 + tasks that it was shown to)) / 2 ** (days since it was last changed / 180)
"""

import math
from datetime import datetime, timedelta

from damascus.core.records.memories import Memory
from damascus.knowledge.memory.port import MAX_PER_OWNER
from damascus.ledger.transaction import Transaction

HALF_LIFE = timedelta(days=180)


def usefulness(memory: Memory, uses: int, now: datetime) -> float:
    """Return how useful a memory is, to be compared with others of its owner."""
    age = max(now - memory.updated_at, timedelta())
    return memory.confidence * (1 + math.log2(1 + uses)) * math.exp2(-(age / HALF_LIFE))


async def drop_the_least_useful(tx: Transaction, owner: str) -> list[str]:
    """Remove what an owner has above MAX_PER_OWNER memories. Returns their ids."""
    kept = await tx.memories.of_owner(owner)
    if len(kept) <= MAX_PER_OWNER:
        return []
    uses = await tx.memories.uses_of(owner)
    ranked = sorted(kept, key=lambda memory: (usefulness(memory, uses.get(memory.id, 0), tx.now), memory.id))
    dropped = [memory.id for memory in ranked[: len(kept) - MAX_PER_OWNER]]
    for id in dropped:
        await tx.memories.remove(id)
    return dropped
