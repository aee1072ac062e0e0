"""The command's processes, seen from the launcher: how many, how much memory, and the end of them all.

The launcher is the subreaper of their keeper, so the tree below the launcher is always the whole command. Nothing that
a command may choose (its name, its arguments) is read as structure: numbers are taken from places that only the kernel
writes.
"""

import os
import select
import signal
from collections.abc import Iterable

_OWN, _SHARED = (b"RssAnon:", b"VmSwap:"), (b"RssShmem:",)
_KILLING_SECONDS = 0.002


def can_list_children() -> bool:
    """Return True if the kernel lists a process's children."""
    return os.path.exists(f"/proc/{os.getpid()}/task/{os.getpid()}/children")


def _threads(process: int) -> list[str]:
    try:
        return os.listdir(f"/proc/{process}/task")
    except OSError:
        return []  # it is gone


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""  # it is gone


def _children(process: int) -> list[int]:
    lists = (_read(f"/proc/{process}/task/{thread}/children") for thread in _threads(process))
    return [int(child) for found in lists for child in found.split()]


def processes(keeper: int = 0) -> list[int]:
    """Return every process below this one but `keeper`, which is ours."""
    found = dict.fromkeys(_children(os.getpid()))
    waiting = list(found)
    while waiting:
        new = [child for child in _children(waiting.pop()) if child not in found]
        found.update(dict.fromkeys(new))
        waiting += new
    found.pop(keeper, None)
    return list(found)


def tasks(found: list[int]) -> int:
    """Return how many threads the processes `found` have, at least one each."""
    return sum(max(len(_threads(process)), 1) for process in found)


def kilobytes(status: bytes, names: tuple[bytes, ...]) -> int:
    """Return the sum of these fields of a /proc/PID/status; a field that is not there counts as 0.

    A process's name is in there as well, with line feeds escaped (proc_pid_status(5)): only they end a line.
    """
    total = 0
    for line in status.split(b"\n"):
        if line.startswith(names):
            words = line.split()
            total += int(words[1]) if len(words) == 3 and words[1].isdigit() and words[2] == b"kB" else 0
    return total


def memory(found: list[int], shared: int) -> int:
    """Return the bytes that the processes `found` have in memory or swap, without what is only mapped from files.

    `shared` is the size of all anonymous memory that they ever made to share. A page of it that all have let go of
    (madvise(2), or a part that is unmapped) is resident in none of them, yet in memory still.
    """
    states = [_read(f"/proc/{process}/status") for process in found]
    own = sum(kilobytes(state, _OWN) for state in states)
    return own * 1024 + max(shared, sum(kilobytes(state, _SHARED) for state in states) * 1024)


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


def kill(found: Iterable[int]) -> None:
    """Kill these processes; one that is gone already is not an error."""
    for process in found:
        try:
            os.kill(process, signal.SIGKILL)
        except ProcessLookupError:
            continue


def kill_all() -> None:
    """Kill every process below this one until none is left.

    Nothing new may start meanwhile: close the filter's listener first.
    """
    while True:
        kill(processes())
        reap(0)
        try:
            os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return
        select.select([], [], [], _KILLING_SECONDS)
