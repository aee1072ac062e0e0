"""How many files and bytes a workspace may hold, over its life: what earlier commands left counts as well.

A workspace that is above a limit already may not grow, so that a command can still make room.

Files: each call that may create one is counted before it is allowed. Most create none, or remove it soon, so that the
workspace is counted again before anything is refused, and nothing runs meanwhile. No limit of files is overrun.
Bytes: nobody is asked before a write, so that the disk's own counters are looked at, the more often the less is left;
the last ones of the limit are kept for what is written between two looks.
"""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import NamedTuple

from damascus.workshop.jail import disk_usage
from damascus.workshop.jail.disk_usage import DiskUsage, TooDeep, Uncountable
from damascus.workshop.jail.in_flight import FilesInFlight

_SHARE = 20  # counting takes at most one part in so many of the time,
_URGENT_SHARE = 3  # or in so many while the disk's own counters say that a limit may have been passed
_MAX_OVERFULL = 2  # a workspace with so many times its files is not worked in: counting it takes too long

_KEPT_SHARE, _MAX_KEPT = 8, 32 << 20  # of the bytes

HoldStill = Callable[[int], AbstractContextManager[list[int]]]


class Capacity(NamedTuple):
    """What a workspace may hold, and how large one file may be."""

    files: int
    size: int
    file_size: int


class DiskLimit:
    """Counts the `roots`, the first of which is the workspace. Raises Uncountable if they hold far too much already.

    `hold_still` yields the command's processes, none of which runs meanwhile, but for the thread it is given.
    """

    def __init__(
        self, roots: tuple[str, ...], capacity: Capacity, hold_still: HoldStill, in_flight: FilesInFlight
    ) -> None:
        self._roots = roots
        self._in_flight = in_flight
        self._hold_still = hold_still
        self.too_deep = False  # then prune the workspace when the command has ended
        self._limit = self._allowed = capacity
        self._disks = {os.stat(root).st_dev: root for root in roots}.values()
        self._before = self._free()
        try:
            now = self._count([])
        except TooDeep:
            disk_usage.prune(roots)
            now = self._count([])
        if now.files > capacity.files * _MAX_OVERFULL:
            raise Uncountable(f"more than {capacity.files * _MAX_OVERFULL} files")
        self._at_most = now.files
        size = capacity.size - min(capacity.size // _KEPT_SHARE, _MAX_KEPT)
        self._allowed = capacity._replace(files=max(now.files, capacity.files), size=max(now.size, size))
        self._ticks = self._took = 0  # since the last count, and what that took

    def refuses(self, thread: int, exists: Callable[[], bool]) -> str:
        """Return which limit would be passed if `thread` created one more file, "" if none.

        Where one file is left `exists` says if what would be created is there. That may no longer be true when the call
        is made: then the last file is made by it, and nothing may be created any more, whether it exists or not.
        """
        if self._at_most + 1 >= self._allowed.files:
            with self._hold_still(thread) as processes:
                passed = self._recount(processes)
                left = self._allowed.files - self._at_most
                if not passed and (left < 1 or (left == 1 and not exists())):
                    passed = self._too_many_files()
            if passed:
                return passed
        self._at_most += 1
        return ""

    def exceeded(self, processes: list[int], ticks: int) -> str:
        """Return which limit the command, with these processes, has passed, "" if none.

        `ticks` is how much time has passed since the last call, that which the last call took included.
        """
        self._took = self._took or ticks
        self._ticks += ticks
        if any(now < before // 2 for now, before in zip(self._free(), self._before, strict=True)):
            return "half of the free disk space was filled"
        if self.left() <= 0:
            if self._ticks < self._took * _URGENT_SHARE:
                return ""
            with self._hold_still(0) as still:
                return self._recount(still)
        return "" if self._ticks < self._took * _SHARE else self._judge(processes)

    def left(self) -> int:
        """Return how many bytes the command may still write, if all that was written since the last count is its."""
        lost = sum(max(then - now, 0) for then, now in zip(self._then, self._free(), strict=True))
        return self._allowed.size - self._counted.size - lost

    def _free(self) -> list[int]:
        return [disk_usage.free(root) for root in self._disks]

    def _recount(self, processes: list[int]) -> str:
        """Count what holds still; from here on creations are added to that."""
        passed = self._judge(processes)
        self._at_most = self._counted.files
        return passed

    def _judge(self, processes: list[int]) -> str:
        try:
            now = self._count(processes)
        except Uncountable as why:
            self.too_deep = isinstance(why, TooDeep)
            return f"{why} in the workspace"
        if now.files > self._allowed.files:
            return self._too_many_files()
        if now.size > self._allowed.size:
            return f"more than {self._limit.size >> 20} MiB in the workspace"
        return ""

    def _too_many_files(self) -> str:
        return f"more than {self._limit.files} files in the workspace"

    def _count(self, processes: list[int]) -> DiskUsage:
        self._then = self._free()
        named = disk_usage.used(self._roots, self._limit.files * _MAX_OVERFULL)
        in_flight = self._in_flight.files
        nameless = disk_usage.nameless(processes, self._roots, self._limit.file_size, in_flight)
        self._in_flight.forget(processes)
        self._counted = DiskUsage(named.files + nameless.files, named.size + nameless.size)
        self._ticks = self._took = 0
        return self._counted
