"""The command's processes, seen from the launcher: how many, how much memory, and the end of them all.

The launcher is their subreaper: a process whose parent died becomes the launcher's child, in any session, so the tree
below the launcher is always the whole command.
"""

import os
import select
import signal

_COUNTED = ("RssAnon:", "RssShmem:", "VmSwap:")


def can_list_children() -> bool:
    """Return True if the kernel lists a process's children."""
    return os.path.exists(f"/proc/{os.getpid()}/task/{os.getpid()}/children")


def _threads(process: int) -> list[str]:
    try:
        return os.listdir(f"/proc/{process}/task")
    except OSError:
        return []  # it is gone


def _read(path: str) -> str:
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return file.read()
    except OSError:
        return ""  # it is gone


def _children(process: int) -> list[int]:
    lists = (_read(f"/proc/{process}/task/{thread}/children") for thread in _threads(process))
    return [int(child) for found in lists for child in found.split()]


def processes() -> list[int]:
    """Return every process below this one."""
    found = _children(os.getpid())
    for process in found:
        found += [child for child in _children(process) if child not in found]
    return found


def tasks(found: list[int]) -> int:
    """Return how many threads the processes `found` have, at least one each."""
    return sum(max(len(_threads(process)), 1) for process in found)


def memory(found: list[int]) -> int:
    """Return the bytes that the processes `found` have in memory or swap, without what is only mapped from files."""
    kilobytes = 0
    for process in found:
        for line in _read(f"/proc/{process}/status").splitlines():
            if line.startswith(_COUNTED):
                kilobytes += int(line.split()[1])
    return kilobytes * 1024


def reap(first: int) -> int | None:
    """Collect every child that has ended; return the wait status of `first`, None if it is not among them."""
    status = None
    while True:
        try:
            process, code = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return status
        if process == 0:
            return status
        if process == first:
            status = code


def kill_all() -> None:
    """Kill every process below this one until none is left.

    Nothing new may start meanwhile: close the filter's listener first.
    """
    while True:
        for process in processes():
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                continue
        reap(0)
        try:
            os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return
        select.select([], [], [], 0.002)
