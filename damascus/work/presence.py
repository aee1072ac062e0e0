"""Which workers are here, and what the log says of it: that one came, or left.

Who counts is the daemon, not the worker: one that dies says nothing any more. It is kept calm. A worker that is back
before it counts as away has not left; of one and the same at most one move is noted in QUIET, so one that flaps for
ever is a line each few minutes; and of workers of a role that are ever new ones (as those that a swarm starts again
and again) at most MAX_MOVED_WORKERS come in the time for which they are kept. What is not noted now is noted later if
it is still so.
"""

from collections import Counter
from datetime import timedelta

from damascus.core.records.workers import WorkerMove, WorkerRow
from damascus.ledger.transaction import Transaction
from damascus.work import event_log
from damascus.work.staff_health import is_online

QUIET = timedelta(minutes=5)
KEPT = timedelta(hours=1)
MAX_MOVED_WORKERS = 50


async def note_moves(tx: Transaction, *, in_grace_period: bool) -> int:
    """Note which workers came and left; returns how many. In the grace period none is taken to have left."""
    rows = await tx.workers.list()
    moved = Counter(row.role for row in rows if row.moved_at is not None and tx.now - row.moved_at < KEPT)
    noted = 0
    for row in rows:
        move = WorkerMove.CAME if is_online(row, tx.now) else WorkerMove.LEFT
        if move == WorkerMove.LEFT and in_grace_period:
            continue
        if move == (row.move or WorkerMove.LEFT):
            if move == WorkerMove.LEFT and _is_forgotten(row, tx):
                await tx.workers.forget(row.id, row.seen_at)
        elif _may_be_noted(row, move, moved, tx):
            await tx.workers.note(row.id, move)
            event_log.worker_moved(tx, row, move)
            moved[row.role] += 1
            noted += 1
    return noted


def _may_be_noted(row: WorkerRow, move: WorkerMove, moved: Counter[str], tx: Transaction) -> bool:
    if row.moved_at is not None and tx.now - row.moved_at < QUIET:
        return False
    return move == WorkerMove.LEFT or moved[row.role] < MAX_MOVED_WORKERS


def _is_forgotten(row: WorkerRow, tx: Transaction) -> bool:
    """Return True of one that is away, and that the log never named or has not named for long."""
    return row.moved_at is None or tx.now - max(row.moved_at, row.seen_at) >= KEPT
