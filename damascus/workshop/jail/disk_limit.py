"""How many files and bytes a workspace may hold, over its life: what earlier commands left counts as well.

A workspace that is above a limit already may not grow, so that a command can still make room.
"""

from damascus.workshop.jail import disk_usage
from damascus.workshop.jail.disk_usage import DiskUsage, TooDeep, Uncountable

_SHARE = 20  # counting takes at most one part in so many of the time,
_URGENT_SHARE = 3  # or in so many while the disk's own counters say that a limit may have been passed
_MAX_OVERFULL = 2  # a workspace with so many times its files is not worked in: counting it takes too long


class DiskLimit:
    """Counts the `roots`, the first of which is the workspace. Raises Uncountable if they hold far too much already."""

    def __init__(self, roots: tuple[str, ...], files: int, size: int) -> None:
        self._roots = roots
        self.too_deep = False  # then prune the workspace when the command has ended
        self._limit = self._allowed = DiskUsage(files, size)
        self._before = [disk_usage.free(root) for root in roots]
        try:
            now = self._count([])
        except TooDeep:
            disk_usage.prune(roots)
            now = self._count([])
        if now.files > files * _MAX_OVERFULL:
            raise Uncountable(f"more than {files * _MAX_OVERFULL} files")
        self._allowed = DiskUsage(max(now.files, files), max(now.size, size))
        self._ticks = self._took = 0  # since the last count, and what that took

    def exceeded(self, processes: list[int], ticks: int) -> str:
        """Return which limit the command, with these processes, has passed, "" if none.

        `ticks` is how much time has passed since the last call, that which the last call took included.
        """
        self._took = self._took or ticks
        self._ticks += ticks
        disks = [disk_usage.free(root) for root in self._roots]
        if any(now.size < before.size // 2 for now, before in zip(disks, self._before, strict=True)):
            return "half of the free disk space was filled"
        if self._ticks < self._took * (_URGENT_SHARE if self._may_have_passed(disks[0]) else _SHARE):
            return ""
        try:
            now = self._count(processes)
        except TooDeep as why:
            self.too_deep = True
            return f"{why} in the workspace"
        except Uncountable as why:
            return f"{why} in the workspace"
        if now.files > self._allowed.files:
            return f"more than {self._limit.files} files in the workspace"
        if now.size > self._allowed.size:
            return f"more than {self._limit.size >> 20} MiB in the workspace"
        return ""

    def _count(self, processes: list[int]) -> DiskUsage:
        self._disk = disk_usage.free(self._roots[0])
        named = disk_usage.used(self._roots, self._limit.files * _MAX_OVERFULL)
        self._counted = DiskUsage(named.files, named.size + disk_usage.unlinked(processes))
        self._ticks = self._took = 0
        return self._counted

    def _may_have_passed(self, disk: disk_usage.Disk) -> bool:
        """Return True if all that the disk lost since the last count would, were it the command's, be too much."""
        files = self._counted.files + self._disk.inodes - disk.inodes
        size = self._counted.size + self._disk.size - disk.size
        return files > self._allowed.files or size > self._allowed.size
