"""How many processes and threads the command may have: each fork asks first.

The tree is counted only when the forks since the last count could have filled it, for most processes are short. A fork
that was allowed may not have landed when the tree is counted, so the threads that were allowed one are remembered.
"""

import select
from collections.abc import Callable

from damascus.workshop.jail import process_tree, syscalls

_MAX_TRIES, _RETRY_SECONDS = 100, 0.002  # within their product every allowed fork has landed


class ProcessLimit:
    """Asks `count` for the size of the tree, and never lets it grow above `limit`."""

    def __init__(self, limit: int, column: int, count: Callable[[], int]) -> None:
        self._limit = limit
        self._count = count
        self._at_most = 1
        self._forking: set[int] = set()
        self._forks = syscalls.forks(column)

    def allow(self, thread: int) -> bool:
        """Return True if `thread` may start one more process or thread."""
        self._forking.discard(thread)  # it asks, so its last one has landed
        if self._at_most >= self._limit:
            self._at_most = self._recount()
        self._forking.add(thread)
        self._at_most += 1
        return self._at_most <= self._limit

    def _recount(self) -> int:
        for _ in range(_MAX_TRIES):
            self._forking = {thread for thread in self._forking if self._in_flight(thread)}
            there = self._count()
            if there >= self._limit or there + len(self._forking) < self._limit:
                return there + len(self._forking)
            select.select([], [], [], _RETRY_SECONDS)
        self._forking.clear()
        return self._count()

    def _in_flight(self, thread: int) -> bool:
        now = process_tree.system_call(thread)
        return now is None or now == b"running" or now in self._forks  # unseen: in flight until the tries are over
